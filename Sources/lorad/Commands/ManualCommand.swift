import ArgumentParser
import Foundation
import Tensors

/// `lorad manual`: the manual pages, for `make install`. Their words are those of `--help`.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Write the manual pages of all commands.", shouldDisplay: false)

    @Option(help: "Output folder.")
    var output: String

    func run() throws {
        let folder = URL(filePath: output)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for page in ManualPage.all(of: try CommandDescription(dump: Lorad._dumpHelp())) {
            try AtomicFile.write(page.text, to: folder.appending(path: "\(page.name).1").path)
        }
    }
}
