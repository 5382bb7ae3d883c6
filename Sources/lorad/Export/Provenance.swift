import Federation
import Foundation
import Models

/// What a run's result was made from, by digests: base model, adapter, data. Names of data files are left out: they may tell
/// whose they are.
struct Provenance {
    let json: JSONValue

    /// - Parameters:
    ///   - adapter: the final adapter; `nil` if there is none yet.
    ///   - contents: the contents of the run's files when it started; `nil` if an earlier release started it.
    init(_ adapter: AdapterRecord?, _ contents: RunContents?) {
        let made: JSONValue =
            adapter.map { adapter in
                .object([
                    .init("rounds", .int(adapter.rounds)),
                    .init(
                        "files",
                        .object(adapter.files.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })),
                ])
            } ?? .null
        json = .object([
            .init("lorad", .string(Version.number)), .init("adapter", made),
            .init("base_model", contents?.model ?? .null),
            .init("inputs", contents?.inputs ?? .null),
        ])
    }
}
