#!/usr/bin/env python3
"""Writes one table as pyarrow, polars and duckdb write Parquet, with every codec, encoding and page version that lorad
reads, and expected.json: its rows, as pyarrow reads them.

    pip install pyarrow polars duckdb
    python generate.py

Bytes stand in expected.json as {"base64": …}; what is no number is null; dates, times and decimals are text.
"""
import base64, datetime, decimal, json, math, pathlib
import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).resolve().parent
UTC = datetime.timezone.utc
ROWS = 40


def turns(row):
    if row % 11 == 5:
        return None
    return [dict(role=["user", "assistant"][turn % 2], content=None if (row + turn) % 7 == 3 else f"turn {turn} of {row}")
            for turn in range(row % 5)]


def picture(row, index=0):
    if (row + index) % 6 == 4:
        return None
    data = bytes((row * 7 + index + byte) % 256 for byte in range(row % 9 + 1))
    return dict(bytes=None if row % 4 == 1 else data, path=None if row % 4 == 2 else f"{row}-{index}.png")


def value(row, make, every=5):
    """Null in some rows."""
    return None if row % every == every - 1 else make(row)


def table():
    rows = range(ROWS)
    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    block = pa.struct([("type", pa.string()), ("text", pa.string()), ("image", struct)])
    columns = {
        "required": (pa.int32(), [row * 3 - 50 for row in rows]),
        "int8": (pa.int8(), [value(row, lambda row: row - 20) for row in rows]),
        "int64": (pa.int64(), [value(row, lambda row: (row - 20) * 2**56) for row in rows]),
        "uint8": (pa.uint8(), [value(row, lambda row: 255 - row) for row in rows]),
        "uint32": (pa.uint32(), [value(row, lambda row: 2**32 - 1 - row) for row in rows]),
        "uint64": (pa.uint64(), [value(row, lambda row: 2**63 - 20 + row) for row in rows]),
        "truth": (pa.bool_(), [value(row, lambda row: row % 3 == 0, 4) for row in rows]),
        "half": (pa.float16(), [value(row, lambda row: [0.5, -2.25, 65504.0, 2**-24, math.inf][row % 5], 7) for row in rows]),
        "float": (pa.float32(), [value(row, lambda row: math.nan if row % 8 == 2 else row / 3) for row in rows]),
        "double": (pa.float64(), [value(row, lambda row: -math.inf if row % 8 == 3 else row / 7) for row in rows]),
        "text": (pa.string(), [value(row, lambda row: ["", "zwölf", "図 😀", 'a "quote"\n' * row][row % 4]) for row in rows]),
        "repeated": (pa.string(), [["cat", "dog", None][row % 3] for row in rows]),
        "nothing": (pa.string(), [None for _ in rows]),
        "never": (pa.null(), [None for _ in rows]),
        "binary": (pa.binary(), [value(row, lambda row: bytes([255, row, 0]) * (row % 4)) for row in rows]),
        "fixed": (pa.binary(3), [value(row, lambda row: bytes([row, 1, 2])) for row in rows]),
        "day": (pa.date32(), [value(row, lambda row: datetime.date(1896, 2, 28) + datetime.timedelta(row * 1_461)) for row in rows]),
        "moment": (pa.timestamp("us", "UTC"), [
            value(row, lambda row: datetime.datetime(1969, 12, 31, 23, 59, 58, 250_000 * (row % 3), UTC)
                  + datetime.timedelta(seconds=row)) for row in rows]),
        "local": (pa.timestamp("ms"), [value(row, lambda row: datetime.datetime(2024, 2, 29, row % 24)) for row in rows]),
        "decimal": (pa.decimal128(9, 3), [value(row, lambda row: decimal.Decimal(row * 777 - 9_000).scaleb(-3)) for row in rows]),
        "numbers": (pa.list_(pa.int32()), [value(row, lambda row: [None if n == 2 else n for n in range(row % 6)]) for row in rows]),
        "nested": (pa.list_(pa.list_(pa.string())), [
            value(row, lambda row: [None if row % 7 == 1 else [f"{n}", None] * (n % 3) for n in range(row % 4)]) for row in rows]),
        "struct": (pa.struct([("a", pa.int32()), ("b", pa.struct([("c", pa.string())]))]), [
            value(row, lambda row: dict(a=row, b=None if row % 3 == 0 else dict(c=None if row % 3 == 1 else f"{row}"))) for row in rows]),
        "messages": (pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])), [turns(row) for row in rows]),
        "blocks": (pa.list_(pa.struct([("role", pa.string()), ("content", pa.list_(block))])), [
            [dict(role="user", content=[dict(type="image", text=None, image=picture(row, n)) for n in range(row % 3)]
                  + [dict(type="text", text=f"{row}", image=None)])] for row in rows]),
        "map": (pa.map_(pa.string(), pa.int32()), [value(row, lambda row: [(f"{n}", n) for n in range(row % 3)]) for row in rows]),
        "image": (struct, [picture(row) for row in rows]),
        "images": (pa.list_(struct), [value(row, lambda row: [picture(row, n) for n in range(row % 4)]) for row in rows]),
        "long": (pa.list_(pa.int64()), [list(range(90)) if row % 10 == 7 else [row] for row in rows]),
    }
    schema = pa.schema([pa.field(name, type, nullable=name != "required") for name, (type, _) in columns.items()])
    return pa.table({name: pa.array(values, type) for name, (type, values) in columns.items()}, schema=schema)


def plain(value):
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat() + ("Z" if value.tzinfo else "")
    if isinstance(value, (datetime.date, decimal.Decimal)):
        return value.isoformat() if isinstance(value, datetime.date) else str(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return {"key": plain(value[0]), "value": plain(value[1])}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def expected(table):
    return [plain(row) for row in table.to_pylist()]


DELTA = dict(int64="DELTA_BINARY_PACKED", int8="DELTA_BINARY_PACKED", uint32="DELTA_BINARY_PACKED",
             text="DELTA_BYTE_ARRAY", binary="DELTA_LENGTH_BYTE_ARRAY", float="BYTE_STREAM_SPLIT",
             double="BYTE_STREAM_SPLIT", fixed="DELTA_BYTE_ARRAY", truth="RLE")
DELTA.pop("fixed")

# Small batches and pages put rows of a list on several pages of the first version.
SMALL = dict(data_page_size=48, write_batch_size=5, row_group_size=17)
VARIANTS = {
    "default": {},
    "plain": dict(compression="none", use_dictionary=False, **SMALL),
    "snappy": dict(compression="snappy", **SMALL),
    "gzip": dict(compression="gzip", use_dictionary=False, row_group_size=17),
    "zstd": dict(compression="zstd", data_page_version="2.0", **SMALL),
    "second": dict(compression="none", data_page_version="2.0", use_dictionary=False, row_group_size=9),
    "delta": dict(compression="snappy", data_page_version="2.0", use_dictionary=False, column_encoding=DELTA,
                  row_group_size=33),
    "checked": dict(write_page_checksum=True, write_page_index=True, use_dictionary=["repeated"], row_group_size=25),
    "fallback": dict(dictionary_pagesize_limit=8, compression="zstd", write_batch_size=4),
    "int96": dict(use_deprecated_int96_timestamps=True, row_group_size=40),
}

# What is refused: LZ4_RAW and BROTLI; `rewritten` is `lz4` after the line that the message gives.
REFUSED = ["lz4", "brotli"]


def other_writers(table):
    import duckdb, polars
    simple = table.select(["required", "int64", "uint32", "truth", "float", "text", "repeated", "nothing", "binary", "day",
                           "numbers", "nested", "struct", "messages", "image", "images"])
    polars.from_arrow(simple).write_parquet(HERE / "polars.parquet")
    polars.from_arrow(simple).write_parquet(HERE / "polars-small.parquet", row_group_size=13, data_page_size=64,
                                            compression="snappy")
    connection = duckdb.connect()
    connection.register("simple", simple)
    connection.sql(f"COPY simple TO '{HERE}/duckdb.parquet' (FORMAT parquet)")
    connection.sql(f"COPY simple TO '{HERE}/duckdb-second.parquet' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)")


def empty_groups():
    """Three rows between row groups of none, and a file of none at all."""
    rows = pa.table({"question": [f"Question {row}?" for row in range(3)], "answer": [f"Answer {row}" for row in range(3)]})
    with pq.ParquetWriter(HERE / "empty-groups.parquet", rows.schema) as writer:
        for part in [rows[:0], rows[:2], rows[:0], rows[2:], rows[:0]]:
            writer.write_table(part)
    pq.write_table(rows[:0], HERE / "empty.parquet")


def main():
    whole = table()
    (HERE / "expected.json").write_text(
        "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in expected(whole)) + "\n]\n", encoding="utf-8")
    for name, options in VARIANTS.items():
        pq.write_table(whole, HERE / f"{name}.parquet", **options)
    for name in REFUSED:
        pq.write_table(whole.select(["required", "text"]), HERE / f"{name}.parquet", compression=name)
    pq.write_table(pq.read_table(HERE / "lz4.parquet"), HERE / "rewritten.parquet")
    empty_groups()
    other_writers(whole)


if __name__ == "__main__":
    main()
