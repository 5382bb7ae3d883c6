import Foundation
import Models
import Testing

@testable import Training

@Suite("A form of rows")
struct RowFormTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["a.png", "b.png"] { try folder.writePicture(to: name) }
    }

    private func dataset(_ row: String, as format: DataFormat = .automatic) throws -> ConversationDataset {
        var options = DatasetOptions(path: try folder.write(row, to: "rows.jsonl"), imageFolder: folder.path)
        options.format = format
        return try ConversationDataset(options)
    }

    private func turns(_ row: String) throws -> [ConversationTurn] { try dataset(row).conversation(at: 0).turns }

    private func message(_ row: String, as format: DataFormat = .automatic) -> String? {
        errorMessage { try dataset(row, as: format) }?.replacing(folder.path, with: "DIR")
    }

    /// A row of each form, with names that mean nothing to it beside its own.
    static let samples: [(format: DataFormat, row: String)] = [
        (
            .messages,
            #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}], "answer": "x"}"#
        ),
        (
            .sharegpt,
            #"{"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}], "images": []}"#
        ),
        (
            .llava,
            #"{"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}], "question": "x", "answer": "y"}"#
        ),
        (.llava, #"{"caption": "A", "source": "x"}"#),
        (.promptCompletion, #"{"prompt": "Q", "completion": "A", "label": true}"#),
        (.alpaca, #"{"instruction": "Q", "input": "", "output": "A", "text": "all of it"}"#),
        (.queryResponse, #"{"query": "Q", "response": "A", "history": null}"#),
        (.questionAnswer, #"{"question": "Q", "answer": "A", "question_id": 1, "caption": "x"}"#),
        (.openCLIP, #"{"filepath": "a.png", "title": "A"}"#),
    ]

    @Test("Every row is of one form", arguments: samples)
    func recognition(format: DataFormat, row: String) throws {
        let value = try JSONValue(parsing: Data(row.utf8), file: "x")
        #expect(RowForms.recognising(value).map(\.format) == [format])
        let probe = try DatasetProbe(DatasetOptions(path: folder.write(row, to: "rows.jsonl")))
        #expect(DatasetFormats.all.filter { $0.recognises(probe) }.map(\.format) == [format])
        let dataset = try dataset(row)
        #expect(dataset.format == format && dataset.notice.contains("\(format.rawValue) (recognised)"))
        #expect(try dataset.conversation(at: 0).turns.last == .init(.assistant, "A"))
    }

    @Test("Every form of rows has a sample, and a name in data.format that holds rows to it")
    func registry() throws {
        #expect(Set(Self.samples.map(\.format)) == Set(RowForms.all.map(\.format)))
        for (format, row) in Self.samples {
            for other in RowForms.all.map(\.format) where other != format && other != .sharegpt {
                let reads = (try? dataset(row, as: other)) != nil
                let isSame = format == .llava && row.contains("question") && other == .questionAnswer
                let hasCaption =
                    other == .llava && ["\"text\"", "caption", "images\": []"].contains { row.contains($0) }
                #expect(reads == (isSame || hasCaption), "\(row) as \(other)")
            }
        }
    }

    @Test("A row that may be of two forms is an error that says what to set")
    func ambiguity() throws {
        let row = #"{"question": "Q", "answer": "A", "prompt": "P", "completion": "C"}"#
        #expect(
            message(row)
                == "DIR/rows.jsonl: its first example has the names of prompt_completion and question_answer: set"
                + " data.format to one of them")
        #expect(try dataset(row, as: .promptCompletion).conversation(at: 0).turns[1].text == "C")
    }

    @Test("alpaca asks the instruction and, on a line of its own, the input")
    func alpaca() throws {
        for (input, question) in [("\"I\"", "Q\nI"), ("\"\"", "Q"), ("null", "Q"), ("12", "Q\n12")] {
            let row = #"{"instruction": "Q", "input": \#(input), "output": "A", "system": "S"}"#
            #expect(try turns(row) == [.init(.system, "S"), .init(.user, question), .init(.assistant, "A")])
        }
        #expect(try turns(#"{"instruction": "", "input": "I", "output": "A"}"#)[0].text == "I")
    }

    @Test("A history comes before the question, and its answers are learned")
    func history() throws {
        for (question, answer) in [("query", "response"), ("instruction", "output")] {
            let row = #"{"\#(question)": "Q", "\#(answer)": "A", "history": [["q", "a"], ["p", 2]]}"#
            #expect(
                try turns(row) == [
                    .init(.user, "q"), .init(.assistant, "a"), .init(.user, "p"), .init(.assistant, "2"),
                    .init(.user, "Q"), .init(.assistant, "A"),
                ])
        }
        for history in [#"["q"]"#, #"[["q"]]"#, #""q""#, #"[["q", null]]"#, "[[1, \"a\"]]"] {
            let found = message(#"{"query": "Q", "response": "A", "history": \#(history)}"#)
            #expect(found?.contains("`history") == true, "\(found ?? "taken")")
        }
        let empty = message(#"{"query": "Q", "response": "A", "history": [["q", " "]]}"#)
        #expect(empty?.hasSuffix("`history[0][1]`: the answer is empty") == true, "\(empty ?? "taken")")
    }

    @Test("Of a prompt of messages nothing is learned, of its completion every answer")
    func promptCompletion() throws {
        let row = #"""
            {"prompt": [{"role": "system", "content": "S"}, {"role": "user", "content": "q"},
              {"role": "assistant", "content": "a"}, {"role": "user", "content": "Q"}],
             "completion": [{"role": "assistant", "content": "A"}]}
            """#.replacing("\n", with: " ")
        let found = try turns(row)
        #expect(found.map(\.text) == ["S", "q", "a", "Q", "A"])
        #expect(found.filter { $0.role == .assistant }.map(\.isLearned) == [false, true])
        let questions = try Questions(dataset(row))
        #expect(try questions.count == 1 && questions[0].turns.count == 4 && questions[0].references == ["A"])
        let mixed = message(#"{"prompt": "Q", "completion": [{"role": "assistant", "content": "A"}]}"#)
        #expect(mixed?.contains("must both be texts, or both lists of messages") == true, "\(mixed ?? "taken")")
        let none = message(#"{"prompt": [{"role": "user", "content": "Q"}], "completion": []}"#)
        #expect(none?.contains("ends with a question") == true, "\(none ?? "taken")")
    }

    @Test("Of several answers the most frequent is learned, of equally frequent ones the first; all are references")
    func answers() throws {
        for (answers, answer) in [
            (#"["b", "a", "a", "b", "c"]"#, "b"), (#"[{"answer": "no"}, {"answer": 2}, {"answer": 2}]"#, "2"),
            (#""a""#, "a"),
            ("[true]", "true"),
        ] {
            let dataset = try dataset(#"{"question": "Q", "answers": \#(answers)}"#)
            #expect(try dataset.conversation(at: 0).turns[1].text == answer)
            let references = try Questions(dataset)[0].references
            #expect(references.contains(answer))
        }
        let both = try dataset(#"{"question": "Q", "answer": "x", "answers": ["a", "b", "b"]}"#)
        #expect(try both.conversation(at: 0).turns[1].text == "x")
        #expect(try Questions(both)[0].references == ["a", "b", "b"])
        for answers in ["[]", "[null]", "{}", "[[]]"] {
            let found = message(#"{"question": "Q", "answers": \#(answers)}"#)
            #expect(found?.contains("`answers") == true, "\(found ?? "taken")")
        }
    }

    @Test("Pictures come first, each on a line, unless the text says where they belong")
    func pictures() throws {
        let listed = try dataset(#"{"question": "Q", "answer": "A", "image": ["a.png", "b.png"]}"#).conversation(at: 0)
        #expect(listed.turns[0].text == "<image>\n<image>\nQ" && listed.images.count == 2)
        let placed = try dataset(
            #"{"query": "Same <image>?", "response": "A", "images": ["b.png"], "history": [["q", "a"]]}"#)
        #expect(try placed.conversation(at: 0).turns.map(\.text) == ["q", "a", "Same <image>?", "A"])
        let early = try dataset(#"{"query": "Q", "response": "A", "images": ["b.png"], "history": [["q", "a"]]}"#)
        #expect(try early.conversation(at: 0).turns.map(\.text) == ["<image>\nq", "a", "Q", "A"])
        let few = message(#"{"question": "<image><image>", "answer": "A", "image": "a.png"}"#)
        #expect(few?.contains("2 `<image>` markers but 1 image") == true, "\(few ?? "taken")")
    }

    /// What Python's `str` makes of the same numbers.
    private static let numbers: [(json: String, text: String)] = [
        ("3", "3"), ("-0", "0"), ("2.5", "2.5"), ("2.50", "2.5"), ("3.0", "3.0"), ("1e3", "1000.0"), ("-0.0", "-0.0"),
        ("1e-7", "1e-07"), ("0.0001", "0.0001"), ("0.1234567890123456789", "0.12345678901234568"),
        ("9007199254740993", "9007199254740993"), ("1e16", "1e+16"),
        ("-1.2345678901234568e+17", "-1.2345678901234568e+17"),
        ("9223372036854775807", "9223372036854775807"), ("9e18", "9e+18"), ("true", "true"), ("false", "false"),
    ]

    @Test("An answer that is a number or a truth value is read as JSON writes it, counted and told once")
    func numbers() throws {
        let text =
            Self.numbers.map { #"{"question": "Q", "answer": \#($0.json)}"# } + [#"{"question": "Q", "answer": "3"}"#]
        let rows = try dataset(text.joined(separator: "\n"))
        for (index, number) in Self.numbers.enumerated() {
            #expect(try rows.conversation(at: index).turns[1].text == number.text, "\(number.json)")
        }
        #expect(
            rows.notice.hasSuffix("; \(Self.numbers.count) answers that are numbers or booleans are read as text"),
            "\(rows.notice)")
        #expect(try dataset(text[Self.numbers.count]).notice.hasSuffix("(recognised)"))
    }

    @Test(
        "An answer may be a number wherever answers stand",
        arguments: [
            #"{"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": 3}]}"#,
            #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": 3}]}"#,
            #"{"instruction": "Q", "output": 3}"#, #"{"prompt": "Q", "completion": 3}"#,
            #"{"query": "Q", "response": 3}"#,
            #"{"image": "a.png", "caption": 3}"#, #"{"filepath": "a.png", "title": 3}"#,
            #"{"file_name": "a.png", "text": 3}"#,
        ])
    func numberPlaces(row: String) throws {
        let rows = try dataset(row)
        #expect(try rows.conversation(at: 0).turns.last?.text == "3")
        #expect(rows.notice.hasSuffix("1 answer that is a number or boolean is read as text"), "\(rows.notice)")
    }

    @Test(
        "What is no answer is an error",
        arguments: [
            (#"{"question": "Q", "answer": null}"#, "`answer`: expected text, found null"),
            (#"{"question": "Q", "answer": {}}"#, "`answer`: expected text, found "),
            (#"{"question": "Q", "answer": 12345678901234567890}"#, "too large to be exact: put it in quotes"),
            (#"{"question": 3, "answer": "A"}"#, "`question`: expected text"),
            (#"{"question": "Q", "answer": " "}"#, "`answer`: the answer is empty"),
            (
                #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": null}]}"#,
                "expected text or a list"
            ),
            (
                #"{"messages": [{"role": "user", "content": 3}, {"role": "assistant", "content": "A"}]}"#,
                "expected text or a list"
            ),
            (#"{"filepath": "a.png", "image": "a.png", "title": "A"}"#, "has both `filepath` and `image`"),
            (#"{"filepath": "", "title": "A"}"#, "expected the path of one image"),
        ])
    func problems(row: String, problem: String) {
        let found = message(row)
        #expect(found?.contains(problem) == true, "\(found ?? "taken")")
    }
}
