import Foundation
import Testing
import Training

@Suite("A wrong dataset")
struct DatasetProblemTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.writePicture(to: "a.png")
    }

    private func message(_ data: Data, name: String = "train.json") throws -> String? {
        let path = try folder.write(data, to: name)
        return errorMessage { try ConversationDataset(path: path, imageFolder: folder.path) }?
            .replacing(folder.path, with: "DIR")
    }

    private func message(_ text: String) throws -> String? { try message(Data(text.utf8)) }

    @Test("names a picture whose header cannot be read", arguments: ["", "not a picture", "\u{89}PNG"])
    func damagedPicture(contents: String) throws {
        try folder.write(contents, to: "a.png")
        let row =
            #"[{"image": "a.png", "conversations": [{"from": "human", "value": "<image>Q"}, {"from": "gpt", "value": "A"}]}]"#
        let found = try #require(try message(row))
        #expect(found.contains("example 0") && found.contains("the image cannot be used: DIR/a.png"), "\(found)")
    }

    @Test(
        "names the row and what is wrong with it",
        arguments: [
            (#"{"id": "a"}"#, "example 1 (id a, line 3): has no `conversations`"),
            (#"{"id": 12}"#, "example 1 (id 12, line 3): has no `conversations`"),
            (#"{"conversations": []}"#, "example 1 (line 3): has no question and answer"),
            (
                #"{"conversations": [{"from": "system", "value": "S"}]}"#,
                "example 1 (line 3): has no question and answer"
            ),
            (
                #"{"id": 5, "conversations": [{"from": "gpt", "value": "A"}]}"#,
                "example 1 (id 5, line 3): `conversations[0]`: expected the user, found the assistant"
            ),
            (
                #"{"conversations": [{"from": "human", "value": "Q"}, {"from": "human", "value": "Q"}]}"#,
                "example 1 (line 3): ends with a question: expected an answer by the assistant"
            ),
            (
                #"{"conversations": [{"from": "human", "value": "Q"}, {"from": "system", "value": "Q"}]}"#,
                "example 1 (line 3): `conversations[1]`: expected the assistant, found the system"
            ),
            (
                #"{"conversations": [{"from": "human", "value": "Q"}]}"#,
                "example 1 (line 3): ends with a question: expected an answer by the assistant"
            ),
            (
                #"{"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": " \n"}]}"#,
                "example 1 (line 3): `conversations[1]`: the answer is empty"
            ),
            (
                #"{"image": "a.png", "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}"#,
                "example 1 (line 3): 0 `<image>` markers but 1 image: they must be equal"
            ),
            (
                #"{"conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "A"}]}"#,
                "example 1 (line 3): 1 `<image>` marker but 0 images: they must be equal"
            ),
            (
                #"{"image": "a.png", "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "<image>"}]}"#,
                "example 1 (line 3): `conversations[1]`: `<image>` is only allowed in a question"
            ),
            (
                #"{"image": "b.png", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "A"}]}"#,
                "example 1 (line 3): the image DIR/b.png does not exist"
            ),
            (
                #"{"image": 3, "conversations": []}"#,
                "example 1 (line 3): `image`: expected a path or a list of paths, found the number 3"
            ),
            (
                #"{"image": "a", "images": ["b"], "conversations": []}"#,
                "example 1 (line 3): has both `image` and `images`: give one"
            ),
            (
                #"{"conversations": [{"from": "human", "value": 3}]}"#,
                "example 1 (line 3): `conversations[0].value`: expected text, found the number 3"
            ),
            (
                #"{"conversations": [{"from": "human", "value": null}]}"#,
                "example 1 (line 3): `conversations[0].value`: expected text, found null"
            ),
            (
                #"{"conversations": [{"value": "Q"}]}"#, "example 1 (line 3): `conversations[0]`: has no `from`"
            ),
            (
                #"{"conversations": [{"from": "robot", "value": "Q"}]}"#,
                "example 1 (line 3): `from` is `robot`: expected human, gpt, user, assistant, system, tool or function"
            ),
            (
                #"{"conversations": "Q"}"#,
                "example 1 (line 3): `conversations`: expected a list, found the string \"Q\""
            ),
            (
                #"{"conversations": {"value": [1]}}"#,
                "example 1 (line 3): `conversations`: expected a list, found the mapping {\"value\": [1]}"
            ),
        ])
    func rowProblem(row: String, problem: String) throws {
        let good = #"{"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}"#
        #expect(
            try message("[\n\(good),\n\(row)\n]") == "DIR/train.json: 1 of 2 examples cannot be used;"
                + " correct them, or skip them with --skip-bad-rows:\n  \(problem)")
    }

    @Test(
        "says where its JSON is broken",
        arguments: [
            ("", "DIR/train.json: the file is empty: expected examples"),
            ("[]", "DIR/train.json: contains no examples: expected at least one"),
            (
                "\n\"text\"",
                "DIR/train.json:2: not valid JSON: expected `[` (a JSON array of examples) or `{` (JSON Lines), found `\"`"
            ),
            ("[\n3]", "DIR/train.json:2: not valid JSON: expected `{` for example 0, found `3`"),
            ("[{}\n\n{}]", "DIR/train.json:3: not valid JSON: expected `,` or `]` after example 0, found `{`"),
            ("[{},\n]", "DIR/train.json:2: not valid JSON: expected `{` for example 1, found `]`"),
            ("[{}\n]x", "DIR/train.json:2: not valid JSON: expected the end of the file after `]`, found `x`"),
            ("[{}", "DIR/train.json:1: not valid JSON: expected `,` or `]` after example 0, found the end of the file"),
            (
                "[{},\n{\"a\": [1,\n2",
                "DIR/train.json:3: not valid JSON: example 1, which begins in line 2, is not closed"
            ),
            ("[{\"a\": \"\n", "DIR/train.json:2: not valid JSON: example 0, which begins in line 1, is not closed"),
        ])
    func brokenStructure(text: String, problem: String) throws {
        #expect(try message(text) == problem)
    }

    @Test("says which row is not JSON", arguments: [#"{"a" 1}"#, #"{"conversations": [,]}"#, "{'a': 1}"])
    func brokenRow(row: String) throws {
        let message = try #require(try message("[\n\(row)]"))
        #expect(
            message.hasPrefix(
                "DIR/train.json: 1 of 1 examples cannot be used; correct them:\n  example 0 (line 2): is not valid JSON"
            ))
    }

    @Test("says what is wrong with its JSON, and where in a row of several lines")
    func brokenValue() throws {
        let found = try #require(try message("[\n{\"a\": 1,\n \"b\" 2}]"))
        #expect(found.hasSuffix("is not valid JSON: expected `:`, found `2`, in line 2 of the example"), "\(found)")
    }

    @Test(
        "that asks for what is not done is refused",
        arguments: [
            (#""videos": ["a.mp4"],"#, "", "`videos`: videos are not supported"),
            (#""conversations": [],"#, "", "has both `conversations` and `messages`"),
            ("", #", "tool_calls": [{"id": "1"}]"#, "`messages[1].tool_calls[0]`: has no `name`"),
            ("", #", "tool_calls": {}}, {"role": "tool""#, "`messages[2]`: has no `content`"),
            (
                "", #", "tool_calls": [{"function": {"name": "f", "arguments": "[1]"}}]"#,
                "`messages[1].tool_calls[0].function.arguments`: expected an object, or text that contains one"
            ),
            ("", #", "function_call": {"name": "f"}"#, "`messages[1].function_call`: is OpenAI's older form"),
            (
                "", #", "weight": 0.5"#,
                "`messages[1].weight`: expected 1, or 0 for an answer that is not trained on, found 0.5"
            ),
            ("", #", "weight": true"#, "`messages[1].weight`: expected 1, or 0"),
            (#""system": 3,"#, "", "`system`: expected text"), (#""id": {},"#, "", "`id`: expected text or a number"),
        ])
    func notDone(row: String, turn: String, problem: String) throws {
        let text = #"""
            [{\#(row) "messages": [{"role": "user", "content": "Q"},
              {"role": "assistant", "content": "A"\#(turn)}]}]
            """#
        let found = try message(text)
        #expect(found?.contains(problem) == true, "\(found ?? "taken")")
    }

    @Test("in messages is told by their own names")
    func namedMessages() throws {
        let turns = #"[{"role": "user", "content": "Q"}, {"role": "assistant", "content": " "}]"#
        for row in [#"{"messages": \#(turns)}"#, #"{"system": "S", "messages": \#(turns)}"#] {
            let found = try message("[\(row)]")
            #expect(found?.hasSuffix("`messages[1]`: the answer is empty") == true, "\(found ?? "taken")")
        }
    }

    @Test("that is packed, a folder, or a link to nothing is told as what it is")
    func otherKinds() throws {
        let packed = try message(Data([0x1F, 0x8B, 8, 0]), name: "x.tar")
        #expect(packed == "DIR/x.tar: is compressed with gzip: unpack it with gunzip")
        for start in [Data("ARROW1".utf8), Data([0xFF, 0xFF, 0xFF, 0xFF, 8, 0, 0, 0])] {
            #expect(try message(start, name: "x.arrow")?.hasPrefix("DIR/x.arrow: is in Arrow format") == true)
        }
        let directory = errorMessage { try ConversationFile(path: folder.path) }
        #expect(directory == "\(folder.path): is a folder: expected a file")
        let link = "\(folder.path)/link.json"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "nowhere")
        let dangling = errorMessage { try ConversationFile(path: link) }
        #expect(dangling == "\(link): is a link to nowhere, which does not exist")
        try FileManager.default.createDirectory(atPath: "\(folder.path)/sub", withIntermediateDirectories: true)
        let score = errorMessage { try PredictionFile.read("\(folder.path)/sub") }
        #expect(score == "\(folder.path)/sub: cannot be read (Is a directory)")
    }

    @Test("says which row is not UTF-8")
    func notUTF8() throws {
        let row = Data(#"[{"conversations": [{"from": "human", "value": ""#.utf8) + [0xC3, 0x28] + Data(#""}]}]"#.utf8)
        #expect(
            try message(row) == """
                DIR/train.json: 1 of 1 examples cannot be used; correct them:
                  example 0 (line 1): is not UTF-8: save the file with that encoding
                """)
    }

    @Test("lists the first twenty rows and counts the rest")
    func manyProblems() throws {
        let lines = (0..<30).map { _ in "{}" }.joined(separator: "\n")
        let message = try #require(try message(Data(lines.utf8), name: "train.jsonl"))
        let listed = message.split(separator: "\n")
        #expect(listed.count == 22)
        #expect(listed[0] == "DIR/train.jsonl: 30 of 30 examples cannot be used; correct them:")
        #expect(listed[20] == "  example 19 (line 20): has no `conversations`")
        #expect(listed[21] == "  … and 10 more")
    }

    @Test("that is not there is named")
    func missing() {
        #expect(throws: TrainingError.self) { try ConversationFile(path: "\(folder.path)/no.json") }
    }
}
