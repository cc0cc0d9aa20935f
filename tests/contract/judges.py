"""Somebody who ends the tasks of synchronous APIs while a request waits."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deployments.tasks.task import Completed, Outcome, Task
from pipelines.report import Report
from tests.contract.documents import id_report, liveness_of
from tests.contract.senseid.serving import judged_well as judged_faces
from tests.contract.serving import Api

SYNCHRONOUS = frozenset({"senseid", "trustmatic", "idlive", "shareid"})


@contextmanager
def judging(api: Api, judge: Callable[[Task], Outcome]) -> Iterator[list[Task]]:
    """Ends every task of these APIs as `judge` says, as a dispatcher would; yields the tasks that were judged."""
    judged: list[Task] = []
    older: list[Task] = []  # what earlier tests left is held meanwhile, or there would be no end of claiming it
    stop = threading.Event()
    began = time.time()

    def work() -> None:
        while not stop.is_set():
            for task in api.store.claim("judge", 10_000, 600):
                assert task.lease is not None
                enrols = (task.spec.facade, task.spec.service) == ("oz", "gallery_enrol")
                if task.spec.facade in SYNCHRONOUS or enrols:
                    judged.append(task)
                    api.store.finish(task.id, task.lease, judge(task))
                elif task.created_at < began:
                    older.append(task)
                else:
                    api.store.requeue(task.id, task.lease, 0, use_attempt=False)
            time.sleep(0.005)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield judged
    finally:
        stop.set()
        thread.join()
        for task in older:
            api.store.requeue(task.id, str(task.lease), 0, use_attempt=False)


def reporting(report: Report) -> Callable[[Task], Outcome]:
    """Ends every task with this report."""
    return lambda task: Completed(report.to_json())


def judged_well(task: Task) -> Outcome:
    """Everything is as it should be, whatever was asked."""
    if task.spec.service == "document_liveness":
        return Completed(liveness_of(*(ref.role for ref in task.spec.media)).to_json())
    if task.spec.service == "id_document_authentication":
        return Completed(id_report().to_json())
    return judged_faces(task)
