"""Licence payloads: what is read, and that whatever else stands there is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.document.id_document.aamva import read_aamva

PAYLOAD = (
    "@\n\x1e\rANSI 636014090002DL00410278ZC03190008DLDAQD1234562\nDCSSPECIMEN\nDACALEX\nDDFN\nDADJOY\nDDGN\nDCAC\n"
    "DBD08312020\nDBB01021990\nDBA01012031\nDBC2\nDAU069 IN\nDAYBRO\nDAG123 MAIN ST\nDAISACRAMENTO\nDAJCA\n"
    "DAK958180000  \nDCGUSA\n\rZCZCABRN\n\r"
)


def test_a_licence_is_read_in_our_words() -> None:
    licence = read_aamva(PAYLOAD)
    assert licence is not None
    assert (licence.issuer, licence.version, licence.country) == ("636014", 9, "USA")
    assert licence.fields == {
        "surname": "SPECIMEN",
        "given_names": "ALEX JOY",
        "document_number": "D1234562",
        "birth_date": "1990-01-02",
        "issue_date": "2020-08-31",
        "expiry_date": "2031-01-01",
        "sex": "F",
        "address": "123 MAIN ST, SACRAMENTO CA 95818",
    }


def test_canadian_dates_begin_with_the_year() -> None:
    text = (
        PAYLOAD.replace("DCGUSA", "DCGCAN").replace("DBB01021990", "DBB19900102").replace("DBA01012031", "DBA20310101")
    )
    licence = read_aamva(text.replace("DBD08312020", "DBD20200831"))
    assert licence is not None
    assert [licence.fields[name] for name in ("birth_date", "issue_date", "expiry_date")] == [
        "1990-01-02", "2020-08-31", "2031-01-01",
    ]  # fmt: skip


def test_an_element_name_inside_a_value_does_not_make_a_field() -> None:
    text = PAYLOAD.replace("DACALEX\n", "").replace("DAG123 MAIN ST", "DAG1 DACMALLORY ST")
    licence = read_aamva(text)
    assert licence is not None
    assert licence.fields["given_names"] == "JOY"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "https://example.com/DAQD1234562",
        PAYLOAD.replace("ANSI 636014", "ANSI XXXXXX"),
        PAYLOAD.replace("DAQD1234562", "DAQ"),
        PAYLOAD + "DAY" * 5000,
    ],
)
def test_anything_else_is_not_a_licence(text: str) -> None:
    assert read_aamva(text) is None


def test_an_impossible_date_is_no_date() -> None:
    licence = read_aamva(PAYLOAD.replace("DBB01021990", "DBB13321990").replace("DCGUSA", "DCGXXX"))
    assert licence is not None
    assert "birth_date" not in licence.fields


@given(st.text(alphabet=st.sampled_from("@\n\r\x1eANSI 6360140900DLQCSBZ%é"), max_size=200))
@settings(max_examples=200, deadline=None)
def test_garbage_never_raises(noise: str) -> None:
    read_aamva(noise)
    read_aamva(PAYLOAD[:40] + noise)
    read_aamva(PAYLOAD.replace("DAU069 IN", "DAU" + noise))
