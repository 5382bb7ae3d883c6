#!/usr/bin/env python3
"""Writes the same twenty rows in the forms that datasets come in, as the programs write them that people use.

    pip install pillow datasets pyarrow
    python generate.py

Of forms whose rows name no file the pictures are in the rows, the archive or the Parquet file itself.
"""
import base64, io, json, pathlib, tarfile
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Dataset, Features, Image, List, Value
from PIL import Image as Picture

HERE = pathlib.Path(__file__).resolve().parent
COUNT = 20
STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def png(row):
    picture = Picture.new("RGB", (6 + row % 3, 5))
    picture.putdata([(row * 12 + x * 9, y * 40, 255 - row * 11) for y in range(5) for x in range(6 + row % 3)])
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


PICTURES = [png(row) for row in range(COUNT)]


def images(row):
    """Row 7 has no picture, rows 3 and 13 have two."""
    return [] if row == 7 else [row, (row + 1) % COUNT] if row % 10 == 3 else [row]


def turns(row):
    """Questions and answers; row 5 has two of them."""
    question = "<image>\n" * len(images(row)) + f"What is picture {row}?"
    first = [question, "A red circle." if row % 2 else "Ein blaues Quadrat, groß."]
    return first + (["Are you sure?", "Yes."] if row == 5 else [])


def llava(row, picture):
    found = [picture(number) for number in images(row)]
    image = None if not found else found[0] if len(found) == 1 else found
    pairs = [{"from": ["human", "gpt"][index % 2], "value": text} for index, text in enumerate(turns(row))]
    return dict(id=f"{row}", image=image, conversations=pairs)


def listed(row, picture):
    messages = [dict(role=["user", "assistant"][index % 2], content=text) for index, text in enumerate(turns(row))]
    return dict(images=[picture(number) for number in images(row)], messages=messages, score=None)


def blocks(row, picture):
    """Every block has every member, as columns of structs have them."""
    def content(index, text):
        pictures = [dict(type="image", text=None, image=picture(n)) for n in images(row)] if index == 0 else []
        return pictures + [dict(type="text", text=text.replace("<image>\n", ""), image=None)]
    return dict(messages=[dict(role=["user", "assistant"][index % 2], content=content(index, text))
                          for index, text in enumerate(turns(row))])


def path(number):
    return f"{number}.png"


def struct(number):
    return dict(bytes=None, path=path(number))


def embedded(number):
    return dict(bytes=PICTURES[number], path=None)


def text(number):
    return dict(bytes=base64.b64encode(PICTURES[number]).decode(), path=path(number))


def url(number):
    return "data:image/png;base64," + text(number)["bytes"]


def rows(form, picture):
    return [form(row, picture) for row in range(COUNT)]


def write_lines(name, rows):
    (HERE / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def json_forms():
    folder = HERE / "pictures"
    folder.mkdir(exist_ok=True)
    for number, data in enumerate(PICTURES):
        (folder / path(number)).write_bytes(data)
    (HERE / "llava.json").write_text(json.dumps(rows(llava, path), indent=1), encoding="utf-8")
    write_lines("llava.jsonl", rows(llava, path))
    write_lines("llava-struct.jsonl", rows(llava, struct))
    write_lines("llava-base64.jsonl", rows(llava, text))
    write_lines("llava-url.jsonl", rows(llava, url))
    write_lines("messages.jsonl", rows(listed, path))
    write_lines("messages-struct.jsonl", rows(listed, struct))
    write_lines("blocks.jsonl", rows(blocks, path))
    write_lines("blocks-struct.jsonl", rows(blocks, struct))
    write_lines("sharegpt.jsonl", [dict(row, score=float("nan"), conversations=llava(number, path)["conversations"],
                                        messages=None) for number, row in enumerate(rows(listed, path))])


def archive():
    with tarfile.open(HERE / "rows.tar", "w") as tar:
        for row in range(COUNT):
            members = [(f"{index}.png", PICTURES[number]) for index, number in enumerate(images(row))]
            members.append(("json", json.dumps(dict(llava(row, path), image=None)).encode()))
            for ending, data in members:
                info = tarfile.TarInfo(f"{row:04}.{ending}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


MESSAGES = List(dict(role=Value("string"), content=Value("string")))
PAIRS = pa.list_(pa.struct([("from", pa.string()), ("value", pa.string())]))


def parquet_forms():
    features = Features(dict(images=List(Image()), messages=MESSAGES, score=Value("float32")))
    dataset = Dataset.from_list(rows(listed, embedded), features=features)
    dataset.to_parquet(HERE / "datasets.parquet")
    Dataset.from_list(rows(listed, struct), features=features).to_json(HERE / "datasets.jsonl")
    shards = HERE / "shards"
    shards.mkdir(exist_ok=True)
    for shard in range(3):
        dataset.shard(3, shard, contiguous=True).to_parquet(shards / f"train-{shard:05}-of-00003.parquet")
    lists = [dict(row, image=images if isinstance(images, list) else [] if images is None else [images])
             for row in rows(llava, embedded) for images in [row["image"]]]
    schema = pa.schema([("id", pa.string()), ("image", pa.list_(STRUCT)), ("conversations", PAIRS)])
    for codec in ["none", "snappy", "gzip", "zstd"]:
        pq.write_table(pa.Table.from_pylist(lists, schema), HERE / f"{codec}.parquet", compression=codec, row_group_size=6)
    block = pa.struct([("type", pa.string()), ("text", pa.string()), ("image", STRUCT)])
    message = pa.struct([("role", pa.string()), ("content", pa.list_(block))])
    pq.write_table(pa.Table.from_pylist(rows(blocks, embedded), pa.schema([("messages", pa.list_(message))])),
                   HERE / "blocks.parquet", row_group_size=8, data_page_size=200, write_batch_size=3)
    named = pa.schema([("images", pa.list_(pa.string())), ("messages", pa.list_(pa.struct([
        ("role", pa.string()), ("content", pa.string())])))])
    pq.write_table(pa.Table.from_pylist(rows(listed, path), named), HERE / "paths.parquet")
    pq.write_table(pa.Table.from_pylist(rows(listed, url), named), HERE / "urls.parquet")
    binary = pa.schema([("images", pa.list_(pa.binary())), named.field(1)])
    pq.write_table(pa.Table.from_pylist(rows(listed, lambda number: PICTURES[number]), binary), HERE / "binary.parquet")


def fields():
    """Rows of visual question answering with names of their own, and a class; every other form's columns are null."""
    schema = pa.schema([("picture", STRUCT), ("asked", pa.string()), ("replies", pa.list_(pa.string())),
                        ("kind", pa.int64()), ("conversations", PAIRS), ("caption", pa.string())])
    found = [dict(picture=embedded(row) if row % 2 else struct(row), asked=f"What is picture {row}?", kind=row % 3,
                  replies=["a circle", "a square", "a square"]) for row in range(6)]
    pq.write_table(pa.Table.from_pylist(found, schema), HERE / "fields.parquet", row_group_size=4)
    table = pa.schema([("file_name", pa.string()), ("caption", pa.string()), ("label", pa.string())])
    (HERE / "table").mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(file_name=f"../pictures/{row}.png", caption=f"Picture {row}.",
                                              label=["coat", "bag"][row % 2]) for row in range(4)], table),
                   HERE / "table/metadata.parquet")


if __name__ == "__main__":
    fields()
    json_forms()
    archive()
    parquet_forms()
