"""How models/trained/mrz_reader.onnx was made: rendered OCR-B lines, hard degradations, a small CTC network."""
