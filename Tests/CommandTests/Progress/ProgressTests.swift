import Synchronization
import Testing

@testable import lorad

@Suite("Progress")
struct ProgressTests {
    private let state = ProgressState(
        step: 20, totalSteps: 100, epoch: 0.4, loss: 1.23456, tokensPerSecond: 812.4, elapsed: 10)
    private let terminal = ProgressStyle(isTerminal: true, usesColour: false, columns: 100)

    @Test("in plain lines names step, epoch, loss, speed and the time that is left")
    func line() {
        #expect(
            ProgressText(state: state).line
                == "step 20/100 · epoch 0.40 · loss 1.2346 · 812 tokens/s · 0:40 left")
    }

    @Test("leaves out what is not known yet")
    func unknown() {
        let start = ProgressState(step: 0, totalSteps: 100, epoch: 0, elapsed: 0)
        #expect(ProgressText(state: start).line == "step 0/100 · epoch 0.00")
    }

    @Test("of a resumed run counts only the steps of its own time")
    func resumed() {
        var state = state
        state.firstStep = 10
        #expect(state.remaining == 80)
        state.firstStep = 20
        #expect(state.remaining == nil)
    }

    @Test("fills a bar by the share that is done")
    func bar() {
        let bar = ProgressText(state: state).bar(ProgressStyle(isTerminal: true, usesColour: false, columns: 120))
        #expect(bar.prefix(40) == String(repeating: "█", count: 8) + String(repeating: "░", count: 32))
        #expect(bar.hasSuffix(" 20/100 · epoch 0.40 · loss 1.2346 · 812 tokens/s · 0:40 left"))
    }

    @Test("never wraps, however narrow the terminal", arguments: [5, 20, 60, 70, 80, 200])
    func width(columns: Int) {
        #expect(
            ProgressText(state: state).bar(ProgressStyle(isTerminal: true, usesColour: false, columns: columns)).count
                < columns)
    }

    @Test("uses colours only where it may")
    func colour() {
        let coloured = ProgressStyle(isTerminal: true, usesColour: true, columns: 100)
        #expect(ProgressText(state: state).bar(coloured).contains("\u{1B}["))
        #expect(!ProgressText(state: state).bar(terminal).contains("\u{1B}["))
        #expect(!ProgressStyle.standardError(environment: ["NO_COLOR": "1"]).usesColour)
        #expect(!ProgressStyle.standardError(environment: ["TERM": "dumb"]).isTerminal)
    }

    @Test("draws over its line on a terminal and makes room for messages")
    func terminalOutput() {
        let output = Mutex("")
        let display = ProgressDisplay(style: terminal) { text in output.withLock { $0 += text } }
        display.update(state, isLogged: false)
        display.say("saved")
        display.update(state, isLogged: true)
        display.finish()
        let bar = ProgressText(state: state).bar(terminal)
        #expect(output.withLock { $0 } == "\(bar)\r\u{1B}[Jsaved\n\(bar)\r\u{1B}[J\(bar)\n")
    }

    @Test("writes a line for each logged step elsewhere")
    func plainOutput() {
        let output = Mutex("")
        let display = ProgressDisplay(style: ProgressStyle(isTerminal: false, usesColour: false, columns: 80)) { text in
            output.withLock { $0 += text }
        }
        display.update(state, isLogged: false)
        display.update(state, isLogged: true)
        display.say("saved")
        display.finish()
        #expect(output.withLock { $0 } == "\(ProgressText(state: state).line)\nsaved\n")
    }

    @Test(
        "writes durations as clocks do",
        arguments: [(7.4, "0:07"), (754, "12:34"), (10_862, "3:01:02"), (183_845, "2d 03:04:05"), (-3, "0:00")])
    func durations(seconds: Double, text: String) {
        #expect(ProgressText.duration(seconds) == text)
    }
}
