import Foundation
import Tensors
import Transports

/// A worker's own folder with its key; a second worker on the machine has another.
final class WorkerPlace {
    let name: String
    /// The name that was asked for, if another process has it.
    let takenName: String?
    let folder: URL
    let identity: IdentityKey
    private let lock: FileHandle

    /// Takes the first of `name`, `name-2`, … that no other process has.
    ///
    /// - Throws: `CommandError` if the name is none, or the folder cannot be used.
    init(in workers: URL, name: String) throws {
        try Self.checkName(name)
        let plain = String(name.map { $0.isLetter || $0.isNumber || "._-".contains($0) ? $0 : "-" })
        for number in 1...1_000 {
            let taken = number == 1 ? plain : "\(plain)-\(number)"
            let folder = workers.appending(path: taken)
            do {
                try FileManager.default.createDirectory(
                    at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw CommandError("\(folder.path): the folder cannot be created: \(SystemReason.of(error))")
            }
            let path = folder.appending(path: "lock").path
            let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw CommandError("\(path) cannot be opened: check the folder's owner") }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                continue
            }
            self.name = taken
            takenName = number == 1 ? nil : plain
            self.folder = folder
            lock = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            identity = try IdentityKey(loadingOrCreating: folder.appending(path: "worker.key").path)
            return
        }
        throw CommandError("a thousand workers named \(plain) run on this machine: give --name")
    }
}

extension WorkerPlace {
    /// Refuses to train on this machine's own data with records that are not the data's: with another process's name, this one would
    /// begin a ledger of its own, and the two would spend the budget of the same data twice.
    ///
    /// - Throws: `CommandError`.
    func checkRecords() throws {
        guard let takenName else { return }
        throw CommandError(
            "another process on this machine works as \(takenName), whose folder holds the records of what was given away of the "
                + "data (privacy ledger, shares, transcript): wait until it has ended, or, if this worker's data is other data, "
                + "give it a name of its own (--name), always the same")
    }

    /// The most bytes of a name, which leave room for a number in a folder's name.
    private static let longestName = 64

    /// Refuses what is no name for a worker: it becomes the name of a folder, and others read it.
    ///
    /// - Throws: `CommandError`.
    static func checkName(_ name: String) throws {
        let isWritten = name.unicodeScalars.allSatisfy { $0 != "/" && $0.properties.generalCategory != .control }
        guard isWritten, !name.hasPrefix("."), (1...longestName).contains(name.utf8.count) else {
            throw CommandError(
                "--name: \(String(name.prefix(2 * longestName)).debugDescription) is not a valid worker name: use "
                    + "up to \(longestName) bytes, no '/' or control characters, and no '.' at the start"
            )
        }
    }

    /// This machine's name, as far as it may be a worker's.
    static var machineName: String {
        let allowed = ProcessInfo.processInfo.hostName.filter {
            $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0))
        }
        let name = String(allowed.drop { $0 == "." }.prefix(48))
        return name.isEmpty ? "worker" : name
    }
}
