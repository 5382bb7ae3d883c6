import Foundation
import Synchronization
import Models
import Testing

@testable import lorad

@Suite("Lines at the foot of a terminal")
struct TerminalBlockTests {
    /// A terminal that understands what the block writes: the lines that are to be seen.
    private struct Screen {
        var lines = [""]
        private var row = 0

        mutating func write(_ text: String) {
            var rest = Substring(text)
            while let character = rest.popFirst() {
                switch character {
                case "\r": break  // every use of it comes before an erasure from the line's start
                case "\n":
                    row += 1
                    if row == lines.count { lines.append("") }
                case "\u{1B}": escape(&rest)
                default: lines[row].append(character)
                }
            }
        }

        private mutating func escape(_ rest: inout Substring) {
            let sequence = rest.prefix { !$0.isLetter }
            rest = rest.dropFirst(sequence.count)
            switch rest.popFirst() {
            case "A": row -= Int(sequence.dropFirst()) ?? 1
            case "J": lines = Array(lines[..<row]) + [""]
            default: Issue.record("unknown escape sequence \(sequence)")
            }
        }
    }

    @Test("are drawn over, also where their number changes")
    func drawing() {
        var (block, screen) = (TerminalBlock(), Screen())
        for lines in [["a", "b"], ["c"], ["d", "e", "f"], ["g", "h"]] {
            screen.write(block.draw(lines))
            #expect(screen.lines == lines)
        }
    }

    @Test("make room for messages above them")
    func messages() {
        var (block, screen) = (TerminalBlock(), Screen())
        screen.write(block.insert("first"))
        screen.write(block.draw(["a", "b"]))
        screen.write(block.insert("second"))
        screen.write(block.draw(["c"]))
        screen.write(block.insert("third\nand more"))
        screen.write(block.end())
        screen.write(block.insert("last"))
        #expect(screen.lines == ["first", "second", "third", "and more", "c", "last", ""])
    }

    @Test("stay where they are when they are ended")
    func ending() {
        var block = TerminalBlock()
        #expect(block.end() == "")
        _ = block.draw(["a"])
        #expect(block.end() == "\n")
        #expect(block.draw(["b"]) == "b")
    }
}

@Suite("A display")
struct ProgressDisplayTests {
    private static let time = Date(timeIntervalSince1970: 1_700_000_000.5)
    private let news = Announcement(
        "joined", "alpha has joined", [("name", .string("alpha")), ("lanes", .int(4)), ("task", nil)])

    private func output(_ style: ProgressStyle, _ body: (ProgressDisplay) -> Void) -> String {
        let text = Mutex("")
        body(ProgressDisplay(style: style, write: { piece in text.withLock { $0 += piece } }, now: { Self.time }))
        return text.withLock { $0 }
    }

    private let plain = ProgressStyle(isTerminal: false, usesColour: false, columns: 80)
    private let terminal = ProgressStyle(isTerminal: true, usesColour: false, columns: 80)

    @Test("tells people a line")
    func people() {
        #expect(output(plain) { $0.announce(news) } == "alpha has joined\n")
        #expect(output(plain) { $0.announce(Announcement("round_opened", nil)) } == "")
    }

    @Test("tells programs a JSON object a line, messages too")
    func programs() {
        let text = output(.json) {
            $0.announce(news)
            $0.say("café")
            $0.draw(["never seen"])
            $0.finish()
        }
        #expect(
            text == """
                {"time": "2023-11-14T22:13:20.500Z", "event": "joined", "name": "alpha", "lanes": 4}
                {"time": "2023-11-14T22:13:20.500Z", "event": "message", "text": "caf\\u00e9"}

                """)
    }

    @Test("does not repeat as a line what a terminal shows as progress")
    func progress() {
        let step = Announcement("step_committed", "step 1/2", isProgress: true)
        #expect(output(plain) { $0.announce(step) } == "step 1/2\n")
        #expect(output(terminal) { $0.announce(step) } == "")
    }

    @Test("draws nothing of the run's own steps once something else shows the progress")
    func takingOver() {
        let state = ProgressState(step: 1, totalSteps: 2, epoch: 1, elapsed: 1)
        for style in [plain, terminal] {
            let text = output(style) {
                $0.takeOver()
                $0.update(state, isLogged: true)
            }
            #expect(text.isEmpty)
        }
    }

    @Test("lets nobody else move the cursor or hide what follows")
    func controls() {
        let text = output(plain) { $0.say("a\u{1B}[2Jb\u{9B}1Ac\u{202E}d\r\ne\tf") }
        #expect(text == "a[2Jb1Acd\nef\n")
        #expect("a\nb\u{1B}c".onOneLine == "a b c")
    }
}
