import Foundation
import Tensors

/// CLIP's tokenizer as folders without `tokenizer.json` have it: `vocab.json` and `merges.txt`, and the rest known.
enum ClipTokenizerFiles {
    private static let (start, end) = ("<|startoftext|>", "<|endoftext|>")
    private static let words =
        #"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#

    /// What `tokenizer.json` would hold; `nil` if the folder does not have both files.
    ///
    /// - Throws: `ModelError` if a file is damaged, or is another kind of tokenizer's.
    static func tokenizer(in folder: URL) throws -> TokenizerFile? {
        let (vocabulary, merges) = (folder.appending(path: "vocab.json"), folder.appending(path: "merges.txt"))
        guard let words = FileManager.default.contents(atPath: vocabulary.path),
            let lines = FileManager.default.contents(atPath: merges.path)
        else { return nil }
        if GitLFSPointer.isOne(lines) {
            throw ModelError(.corruptFile, "\(merges.path) \(GitLFSPointer.message)")
        }
        let table = try JSONValue(parsing: words, file: vocabulary.path)
        let ids = try [start, end].map { token in
            guard let id = table[token]?.intValue else {
                throw ModelError(
                    .unsupported,
                    "\(vocabulary.path) has no \(token): without tokenizer.json, lorad reads only CLIP's tokenizer; "
                        + "save it with a fast tokenizer's save_pretrained"
                )
            }
            return id
        }
        let document = document(table, merges: pairs(lines), start: ids[0], end: ids[1])
        return try TokenizerFile(Data(document.text().utf8), name: vocabulary.path)
    }

    /// A merge a line, behind a line with the version.
    private static func pairs(_ text: Data) -> [JSONValue] {
        text.split(separator: UInt8(ascii: "\n")).map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
            .filter { !$0.isEmpty && !$0.starts(with: Data("#version".utf8)) }
            .map { .string(String(decoding: $0, as: UTF8.self)) }
    }

    private static func document(_ vocabulary: JSONValue, merges: [JSONValue], start: Int, end: Int) -> JSONValue {
        let byteLevel = object(
            ("type", .string("ByteLevel")), ("add_prefix_space", .bool(false)), ("trim_offsets", .bool(true)))
        return object(
            ("added_tokens", .array([added(Self.start, start), added(Self.end, end)])),
            (
                "normalizer",
                sequence(
                    "normalizers",
                    [
                        object(("type", .string("NFC"))),
                        object(
                            ("type", .string("Replace")), ("pattern", object(("Regex", .string(#"\s+"#)))),
                            ("content", .string(" "))),
                        object(("type", .string("Lowercase"))),
                    ])
            ),
            (
                "pre_tokenizer",
                sequence(
                    "pretokenizers",
                    [
                        object(
                            ("type", .string("Split")), ("pattern", object(("Regex", .string(words)))),
                            ("behavior", .string("Removed")),
                            ("invert", .bool(true))),
                        byteLevel,
                    ])
            ),
            (
                "post_processor",
                object(
                    ("type", .string("RobertaProcessing")), ("sep", .array([.string(Self.end), .int(end)])),
                    ("cls", .array([.string(Self.start), .int(start)])), ("trim_offsets", .bool(false)),
                    ("add_prefix_space", .bool(false)))
            ),
            ("decoder", byteLevel),
            (
                "model",
                object(
                    ("type", .string("BPE")), ("unk_token", .string(Self.end)), ("end_of_word_suffix", .string("</w>")),
                    ("vocab", vocabulary), ("merges", .array(merges)))
            ))
    }

    private static func object(_ members: (String, JSONValue)...) -> JSONValue {
        .object(members.map { JSONValue.Member($0.0, $0.1) })
    }

    private static func sequence(_ key: String, _ parts: [JSONValue]) -> JSONValue {
        object(("type", .string("Sequence")), (key, .array(parts)))
    }

    private static func added(_ token: String, _ id: Int) -> JSONValue {
        object(
            ("id", .int(id)), ("content", .string(token)), ("single_word", .bool(false)), ("lstrip", .bool(false)),
            ("rstrip", .bool(false)), ("normalized", .bool(false)), ("special", .bool(true)))
    }
}
