#!/usr/bin/env python3
"""Writes a small dataset in each format with Python's own csv, json and tarfile, and expected.json: its rows.

    pip install pillow
    python generate.py
"""
import base64, csv, io, json, pathlib, tarfile
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
COLOURS = ["red", "green", "blue", "gold"]
CAPTIONS = ["A red square.", 'The "green" one,\nin two lines', "Ein blaues Viereck, groß.", "図 😀"]
FORMATS = [tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]
LONG = "/".join(["a-folder-with-a-long-name"] * 5)


def picture(colour):
    out = io.BytesIO()
    Image.new("RGB", (3, 2), colour).save(out, "PNG")
    return out.getvalue()


PICTURES = [picture(colour) for colour in COLOURS]


def row(question, answer, colour):
    return dict(question=question, answer=answer, picture=f"captions/{colour}.png")


def captions():
    folder = HERE / "captions"
    folder.mkdir(exist_ok=True)
    for colour, data in zip(COLOURS, PICTURES):
        (folder / f"{colour}.png").write_bytes(data)
    with open(folder / "metadata.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file_name", "width", "text"])
        for colour, caption in zip(COLOURS, CAPTIONS):
            writer.writerow([f"{colour}.png", 3, caption])
    with open(HERE / "captions" / "several.jsonl", "w", encoding="utf-8") as file:
        for colour, caption in zip(COLOURS, CAPTIONS):
            file.write(json.dumps(dict(file_name=f"{colour}.png", captions=[caption, caption.upper()])) + "\n")
    question = "<image>\nDescribe the picture."
    rows = [row(question, caption, colour) for caption, colour in zip(CAPTIONS, COLOURS)]
    twice = [row(question, text, colour)
             for caption, colour in zip(CAPTIONS, COLOURS) for text in (caption, caption.upper())]
    return {"captions": rows, "captions/metadata.csv": rows, "captions/several.jsonl": twice}


def messages():
    rows, expected = [], []
    for index, (caption, data) in enumerate(zip(CAPTIONS, PICTURES)):
        url = "data:image/png;base64," + base64.b64encode(data).decode()
        block = [dict(type="image_url", image_url=dict(url=url)), dict(type="image", image=url),
                 dict(type="image", path=f"captions/{COLOURS[index]}.png")][index % 3]
        rows.append(dict(messages=[
            dict(role="user", content=[block, dict(type="text", text="What is it?")]),
            dict(role="assistant", content=caption)]))
        expected.append(row("<image>\nWhat is it?", caption, COLOURS[index]))
    with open(HERE / "messages.jsonl", "w", encoding="utf-8") as file:
        for entry in rows:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return {"messages.jsonl": expected}


def add(archive, name, data):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))


def archives():
    (HERE / "archives").mkdir(exist_ok=True)
    all_rows, expected = [], {}
    for number, kind in enumerate(FORMATS):
        rows = []
        with tarfile.open(HERE / "archives" / f"{number:06}.tar", "w", format=kind) as archive:
            for index, (caption, data) in enumerate(zip(CAPTIONS, PICTURES)):
                folder = LONG if index % 2 else "d"
                add(archive, f"{folder}/{index}.png", data)
                if index < 3:
                    add(archive, f"{folder}/{index}.txt", caption.encode())
                    rows.append(row("<image>\nDescribe the picture.", caption, COLOURS[index]))
                else:
                    turns = [{"from": "human", "value": "What?\n<image>"}, {"from": "gpt", "value": caption}]
                    add(archive, f"{folder}/{index}.json", json.dumps(dict(conversations=turns)).encode())
                    rows.append(row("What?\n<image>", caption, COLOURS[index]))
        expected[f"archives/{number:06}.tar"] = rows
        all_rows += rows
    expected["archives"] = expected["archives/{000000..000002}.tar"] = all_rows
    return expected


def lines(name, rows):
    (HERE / "forms").mkdir(exist_ok=True)
    with open(HERE / "forms" / name, "w", encoding="utf-8") as file:
        for entry in rows:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def table(name, columns, rows, separator):
    with open(HERE / "forms" / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(columns)
        writer.writerows(rows)


def forms():
    """The same rows in each form that has one question and one answer."""
    pairs = [(f"captions/{colour}.png", caption) for colour, caption in zip(COLOURS, CAPTIONS)]
    lines("alpaca.jsonl", [dict(instruction="What", input="is it?", output=a, images=[p]) for p, a in pairs])
    lines("prompt_completion.jsonl", [dict(prompt="What\nis it?", completion=a, image=p) for p, a in pairs])
    lines("prompt_completion_messages.jsonl", [
        dict(prompt=[dict(role="user", content=[dict(type="image"), dict(type="text", text="What\nis it?")])],
             completion=[dict(role="assistant", content=a)], images=[p]) for p, a in pairs])
    lines("query_response.jsonl", [
        dict(query="<image>\nWhat\nis it?", response=a, history=[], images=[p]) for p, a in pairs])
    lines("question_answer.jsonl", [dict(question="What\nis it?", answer=a, image=p) for p, a in pairs])
    lines("answers.jsonl", [
        dict(question="What\nis it?", image=p, answers=[dict(answer="no"), dict(answer=a), dict(answer=a)])
        for p, a in pairs])
    table("question_answer.csv", ["answer", "image", "question"], [(a, p, "What\nis it?") for p, a in pairs], ",")
    table("question_answer.tsv", ["question", "answer", "image"], [("What\nis it?", a, p) for p, a in pairs], "\t")
    table("open_clip.tsv", ["filepath", "title"], pairs, "\t")
    table("open_clip.csv", ["title", "filepath"], [(a, p) for p, a in pairs], ";")
    asked = [row("<image>\nWhat\nis it?", caption, colour) for caption, colour in zip(CAPTIONS, COLOURS)]
    described = [row("<image>\nDescribe the picture.", caption, colour) for caption, colour in zip(CAPTIONS, COLOURS)]
    names = ["alpaca.jsonl", "prompt_completion.jsonl", "prompt_completion_messages.jsonl", "query_response.jsonl",
             "question_answer.jsonl", "answers.jsonl", "question_answer.csv", "question_answer.tsv"]
    return {**{f"forms/{name}": asked for name in names}, "forms/open_clip.tsv": described,
            "forms/open_clip.csv": described}


def classes():
    """An archive as WebDataset's writer makes it of `jpg` and `cls`."""
    with tarfile.open(HERE / "forms" / "classes.tar", "w") as archive:
        for index, data in enumerate(PICTURES):
            add(archive, f"{index:06}.cls", str(index).encode())
            add(archive, f"{index:06}.png", data)
    rows = [row("<image>\nWhat does the picture show?", str(index), colour) for index, colour in enumerate(COLOURS)]
    return {"forms/classes.tar": rows}


def main():
    expected = {**captions(), **messages(), **archives(), **forms(), **classes()}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
