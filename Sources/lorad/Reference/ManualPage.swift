/// A command as a manual page, in the macros of man(7).
struct ManualPage {
    let command: CommandDescription
    /// The pages named under SEE ALSO.
    let related: [String]

    /// `lorad-runs-list`, of which the file is `lorad-runs-list.1`.
    var name: String { command.path.joined(separator: "-") }

    /// The page.
    var text: String {
        let title = #".TH "\#(name.uppercased().roff)" 1 "" "lorad \#(Version.number)" "lorad""#
        let parts = [
            [title, ".SH NAME", "\(name.roff) \\- \(command.abstract.withoutStop.roff)"], synopsis, description,
            options,
            subcommands, exitStatus, seeAlso,
        ]
        return parts.joined().joined(separator: "\n") + "\n"
    }

    private var synopsis: [String] {
        let words = command.arguments.map { argument in
            let name = argument.names.last.map { "\\fB\($0.roff)\\fR" }
            let value = argument.value.isEmpty ? nil : "\\fI\(argument.value.roff)\\fR"
            let text = [name, value].compactMap(\.self).joined(separator: " ") + (argument.isRepeating ? " ..." : "")
            return argument.isOptional ? "[\(text)]" : text
        }
        let call = "\\fB\(command.path.joined(separator: " ").roff)\\fR"
        let tail = command.subcommands.isEmpty ? [] : ["\\fIsubcommand\\fR ..."]
        return [".SH SYNOPSIS", ".nh", ".ad l", ([call] + words + tail).joined(separator: "\n"), ".hy", ".ad b"]
    }

    private var description: [String] {
        var lines = [".SH DESCRIPTION", command.abstract.roff]
        var isExample = false
        for line in command.discussion.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("  ") != isExample {
                lines += isExample ? [".fi", ".RE"] : [".PP", ".RS 4", ".nf"]
                isExample.toggle()
            }
            if isExample {
                lines.append(String(line.dropFirst(2)).roff)
            } else if !line.isEmpty {
                lines += [".PP", line.roff]
            }
        }
        return lines + (isExample ? [".fi", ".RE"] : [])
    }

    private var options: [String] {
        guard !command.arguments.isEmpty else { return [] }
        return [".SH OPTIONS"]
            + command.arguments.flatMap { argument in
                let value = argument.value.isEmpty ? "" : "\\fI\(argument.value.roff)\\fR"
                let names = argument.names.map { "\\fB\($0.roff)\\fR" }.joined(separator: ", ")
                return [".TP", [names, value].filter { !$0.isEmpty }.joined(separator: " "), argument.text.roff]
            }
    }

    private var subcommands: [String] {
        guard !command.subcommands.isEmpty else { return [] }
        return [".SH COMMANDS"]
            + command.subcommands.flatMap { inner in
                [".TP", "\\fB\(inner.path.joined(separator: "-").roff)\\fR(1)", inner.abstract.roff]
            }
    }

    private var exitStatus: [String] {
        [
            ".SH \"EXIT STATUS\"",
            "0 on success, 1 on failure, 2 on wrong usage, 75 if it was stopped and should be run again.",
        ]
    }

    private var seeAlso: [String] {
        [".SH \"SEE ALSO\"", related.map { "\\fB\($0.roff)\\fR(1)" }.joined(separator: ",\n")]
    }
}

extension ManualPage {
    /// The pages of a command and of all within it.
    static func all(of root: CommandDescription) -> [ManualPage] {
        root.all.map { command in
            let parent = command.path.dropLast().joined(separator: "-")
            let siblings = root.all.filter { $0.path.dropLast() == command.path.dropLast() && $0.path != command.path }
            let related = [parent].filter { !$0.isEmpty } + siblings.map { $0.path.joined(separator: "-") }
            let inner = command.subcommands.map { $0.path.joined(separator: "-") }
            return ManualPage(command: command, related: related.isEmpty ? inner : related)
        }
    }
}

extension String {
    /// The text with nothing in it that roff takes for a request: `\`, a minus, and a full stop or quote at the start.
    fileprivate var roff: String {
        let plain = replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&\(plain)" : plain
    }

    fileprivate var withoutStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
