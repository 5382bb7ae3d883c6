import Crypto
import Federation
import Foundation
import Models
import Synchronization
import Tensors
import Training

/// What the files of a shared run held when it began: model, adapter and data by their digests. A run continues with
/// these contents only, because its rounds would otherwise be of several runs at once.
///
/// Files count by all their bytes, because workers fetch them. What a run of one machine compares instead are examples,
/// which may move to other files: `DatasetIdentity`.
///
/// Kept in the run's folder, a line per file. What the file system says about a file is kept too, so one nobody has
/// touched is not read again.
struct RunContents {
    /// A file that the run reads.
    struct File: Hashable {
        /// The key of the run file that it belongs to.
        let key: String
        let path: String
    }

    /// What a file held.
    private struct Content: Equatable {
        let digest: String
        /// `size:modified:inode:device`, or `-` if the file may still change without a trace in these.
        let status: String
    }

    private var contents: [File: Content] = [:]

    private static let heading = "lorad run contents 1"
    /// The file's name in the run's folder.
    static let name = "contents.tsv"

    /// Reads what was recorded, or returns `nil` if nothing was, as by releases that kept no such record.
    ///
    /// - Throws: `CommandError` if the record is damaged, `TensorError` if it cannot be read.
    init?(recordedIn folder: URL) throws {
        let path = folder.appending(path: Self.name).path
        guard let data = try BoundedFile.readIfPresent(path) else { return nil }
        guard let text = String(validating: data, as: UTF8.self) else { throw Self.damaged(path) }
        let lines = text.split(separator: "\n")
        guard lines.first == Self.heading[...] else { throw Self.damaged(path) }
        for line in lines.dropFirst() {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 4, let name = fields[3].removingPercentEncoding else { throw Self.damaged(path) }
            contents[File(key: fields[0], path: name)] = Content(digest: fields[1], status: fields[2])
        }
    }

    /// Reads the files of a run.
    ///
    /// - Parameters:
    ///   - model: the model's files with their fingerprints.
    ///   - recorded: what was recorded before; files that nobody has touched since are not read.
    /// - Throws: what is wrong with a file or an example.
    init(_ opened: OpenedRun, model: ModelFiles, after recorded: RunContents?) throws {
        for entry in model.entries {
            let file = File(key: "model.path", path: entry.path.path)
            contents[file] = Content(digest: entry.blob.id.text, status: "-")
        }
        let files = try Self.files(of: opened).sorted { ($0.key, $0.path) < ($1.key, $1.path) }
        for (file, content) in zip(files, try Self.read(files, recorded)) { contents[file] = content }
    }

    /// Writes the record.
    func write(to folder: URL) throws {
        let encoded = CharacterSet.controlCharacters.union(CharacterSet(charactersIn: "%")).inverted
        let lines = contents.map { file, content in
            let path = file.path.addingPercentEncoding(withAllowedCharacters: encoded) ?? file.path
            return "\(file.key)\t\(content.digest)\t\(content.status)\t\(path)"
        }
        let text = ([Self.heading] + lines.sorted()).joined(separator: "\n") + "\n"
        try AtomicFile.write(text, to: folder.appending(path: Self.name).path)
    }

    /// The base model's files with their digests, and the digest that policies name it by.
    var model: JSONValue {
        let files = contents.filter { $0.key.key == "model.path" }
            .map { (name: URL(filePath: $0.key.path).lastPathComponent, digest: $0.value.digest) }
            .sorted { $0.name < $1.name }
        let blobs = files.compactMap { file in
            // Sizes are not in the digest.
            (try? BlobID(text: file.digest)).map { CoordinatorOptions.File(name: file.name, blob: $0, size: 0) }
        }
        return .object([
            .init("digest", .string(RunBasis.digest(of: blobs))),
            .init("files", .object(files.map { .init($0.name, .string($0.digest)) })),
        ])
    }

    /// The other files that the run read: how many of each kind, and one digest of the digests of all.
    var inputs: JSONValue {
        let kinds = Dictionary(grouping: contents.filter { $0.key.key != "model.path" }) { $0.key.key }
        return .object(
            kinds.sorted { $0.key < $1.key }.map { key, files in
                let digests = files.map(\.value.digest).sorted().joined(separator: "\n")
                return .init(
                    key,
                    .object([
                        .init("files", .int(files.count)),
                        .init("sha256", .string(SHA256.hash(data: Data(digests.utf8)).hexadecimal)),
                    ]))
            })
    }

    /// Refuses contents that are not those of the record.
    ///
    /// - Throws: `CommandError` that names the files.
    func check(against recorded: RunContents, run: String) throws {
        let files = Set(contents.keys).union(recorded.contents.keys)
        let changes = files.compactMap { file -> (File, String)? in
            switch (recorded.contents[file]?.digest, contents[file]?.digest) {
            case (let old?, let new?): old == new ? nil : (file, "has changed")
            case (_?, nil): (file, "is no longer used")
            case (nil, _): (file, "is new")
            }
        }
        guard !changes.isEmpty else { return }
        let named = changes.sorted { ($0.0.rank, $0.0.path) < ($1.0.rank, $1.0.path) }.map { file, what in
            "\(file.key): \(file.path) \(what)"
        }
        let rest = named.count - Self.mostNames
        throw CommandError(
            "run \(run) was started with other contents: \(named.prefix(Self.mostNames).joined(separator: "; "))"
                + (rest > 0 ? "; and \(rest) more files" : "")
                + ": restore them, start another run with --set run=NAME, or give --overwrite")
    }

    /// The most files that an error names.
    private static let mostNames = 5

    private static func damaged(_ path: String) -> CommandError {
        CommandError(
            "\(path) cannot be read: delete it, and lorad will record the contents of the run's files as they are now")
    }
}

extension RunContents.File {
    /// Lists of examples come before the images that they name.
    fileprivate var rank: Int { key == "data.images" ? 1 : 0 }
}

// MARK: - Files

extension RunContents {
    private static func files(of opened: OpenedRun) throws -> Set<File> {
        let (data, federation) = (opened.configuration.data, opened.configuration.federation)
        let adapter = regularFiles(in: opened.configuration.adapter.path)
        var files = Set(adapter.map { File(key: "adapter.path", path: $0) })
        if federation?.mode != .federated, let training = opened.training {
            files.formUnion(try Self.files(of: training.encoded, key: "data.train", at: data.train))
        }
        if let validation = opened.validation, let path = data.validation {
            files.formUnion(try Self.files(of: validation.encoded, key: "data.validation", at: path))
        }
        return files
    }

    /// The file or folder that a dataset is, and the files that hold its images.
    private static func files(of rows: EncodedDataset, key: String, at path: String) throws -> Set<File> {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let lists =
            isFolder.boolValue
            ? regularFiles(in: path).filter(isList) : isThere ? [path] : try DatasetOptions(path: path).shards()
        var files = Set(lists.map { File(key: key, path: $0) })
        for index in 0..<rows.count {
            for picture in try rows.pictures(at: index) {
                switch picture.place {
                case .file(let path), .part(let path, _): files.insert(File(key: "data.images", path: path))
                case .cell(let cell): files.insert(File(key: key, path: cell.path))
                case .row: break  // within the rows' own file
                }
            }
        }
        return files
    }

    /// Whether a file of a dataset's folder lists examples rather than being an image of one.
    private static func isList(_ path: String) -> Bool {
        ["json", "jsonl", "csv", "tsv", "txt", "parquet"].contains(URL(filePath: path).pathExtension.lowercased())
    }

    private static func regularFiles(in folder: String?) -> [String] {
        guard let folder else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.map { "\(folder)/\($0)" }.filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        }
    }

    /// What each file holds, read on all processors.
    private static func read(_ files: [File], _ recorded: RunContents?) throws -> [Content] {
        let found = Mutex<(contents: [Content?], error: (any Error)?)>((Array(repeating: nil, count: files.count), nil))
        DispatchQueue.concurrentPerform(iterations: files.count) { index in
            guard found.withLock({ $0.error == nil }) else { return }
            let content = Result { try Self.content(of: files[index], recorded) }
            found.withLock { found in
                switch content {
                case .success(let content): found.contents[index] = content
                case .failure(let error): found.error = error
                }
            }
        }
        let (contents, error) = found.withLock { $0 }
        if let error { throw error }
        return contents.compactMap(\.self)
    }

    private static func content(of file: File, _ recorded: RunContents?) throws -> Content {
        let status = status(of: file.path)
        if let known = recorded?.contents[file], known.status != "-", known.status == status { return known }
        let digest = try BlobManifest(of: try FileSource(path: file.path)).id.text
        return Content(digest: digest, status: status == Self.status(of: file.path) ? status : "-")
    }

    /// A file that was changed within the last seconds may be changed again within the resolution of its time.
    private static let settlingTime = 2.0

    private static func status(of path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "-" }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        guard Double(time.tv_sec) < Date().timeIntervalSince1970 - settlingTime else { return "-" }
        return "\(status.st_size):\(time.tv_sec).\(time.tv_nsec):\(status.st_ino):\(status.st_dev)"
    }
}
