import Adapters
import Federation
import Foundation
import Transports

/// Coordinators, by the key in their join lines.
enum ApprovedCoordinator: ApprovedItem {
    static let plural = "coordinators' keys"

    static func problem(of text: String) -> String? {
        do {
            _ = try PublicIdentity(text: text)
            return nil
        } catch {
            return "`\(text)` is no coordinator's key, which is what follows key= in a join line: \(error)"
        }
    }
}

/// Runs, by name.
enum ApprovedRun: ApprovedItem {
    static let plural = "names of runs"

    static func problem(of text: String) -> String? {
        do {
            try RunStore.checkName(text)
            return nil
        } catch {
            return "\(error)"
        }
    }
}

/// Base models, by digest.
enum ApprovedModel: ApprovedItem {
    static let plural = "digests"

    static func problem(of text: String) -> String? {
        (try? BlobID(text: text)) != nil
            ? nil
            : "`\(text)` is no digest, which has 64 of the digits 0 to 9 and a to f: lorad inspect FOLDER --digest prints it"
    }
}

/// Adapters that training starts from, by digest, and new ones.
enum ApprovedAdapter: ApprovedItem {
    static let plural = "digests, or new for an adapter that begins with the run"
    /// Stands for an adapter that begins with the run.
    static let new = "new"

    static func problem(of text: String) -> String? { text == new ? nil : ApprovedModel.problem(of: text) }
}

/// What may train in a model: adapter methods by name, and parameters of the base.
enum ApprovedMethod: ApprovedItem {
    /// Whole modules.
    static let modulesToSave = "modules_to_save"
    /// Biases.
    static let bias = "bias"
    /// Rows of embeddings.
    static let tokens = "trainable_token_indices"
    /// A contrastive model's temperature.
    static let temperature = "learn_temperature"

    private static let names = AdapterMethods.names + [modulesToSave, bias, tokens, temperature]
    static let plural = names.joined(separator: ", ")

    static func problem(of text: String) -> String? {
        names.contains(text) ? nil : "`\(text)` is no method; expected some of \(plural)"
    }

    /// The method by which a tensor trains.
    static func name(of parameter: AdapterParameter) -> String {
        switch parameter.role {
        case .adapter: parameter.method ?? ""
        case .saved: modulesToSave
        case .bias: bias
        case .tokens: tokens
        case .temperature: temperature
        }
    }
}

/// Modules, by PEFT's rule for names, or by a path with `*`.
enum ApprovedModule: ApprovedItem {
    static let plural = "modules: the ends of their paths, or whole paths with * for any characters"

    static func problem(of text: String) -> String? {
        let isWritten = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-*".contains($0)) }
        return isWritten && !text.isEmpty ? nil : "`\(text)` is no module: expected \(plural)"
    }

    /// Whether an entry of a list means the module at a path.
    static func matches(_ entry: String, _ path: String) -> Bool {
        guard entry.contains("*") else { return path == entry || path.hasSuffix("." + entry) }
        return matches(Array(entry.utf8)[...], Array(path.utf8)[...])
    }

    /// Goes back to the last `*` where the rest does not fit, so that time grows with the product of the lengths at most.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>) -> Bool {
        var (pattern, path) = (pattern, path)
        var retry: (pattern: ArraySlice<UInt8>, path: ArraySlice<UInt8>)?
        while true {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                retry = (pattern, path)
            } else if let byte = path.first, byte == pattern.first {
                (pattern, path) = (pattern.dropFirst(), path.dropFirst())
            } else if path.isEmpty, pattern.isEmpty {
                return true
            } else {
                guard let last = retry, !last.path.isEmpty else { return false }
                retry = (last.pattern, last.path.dropFirst())
                (pattern, path) = (last.pattern, last.path.dropFirst())
            }
        }
    }
}

/// Whose data noise must hide.
enum ApprovedUnit: ApprovedItem {
    static let plural = PrivacyArguments.DifferentialPrivacy.Unit.allCases.map(\.rawValue).joined(separator: ", ")

    static func problem(of text: String) -> String? {
        PrivacyArguments.DifferentialPrivacy.Unit(rawValue: text) == nil
            ? "`\(text)` is no unit; expected some of \(plural)" : nil
    }
}
