import Federation
import Foundation
import Models
import Testing
import Transports

@testable import lorad

@Suite("A coordinator's events")
struct EventWordingTests {
    private let member = SampleRun.member("alpha", SampleRun.alpha)

    private func announcement(
        _ event: CoordinatorEvent, unit: RunUnit = .step, loggingSteps: Int = 1
    ) -> Announcement {
        var status = SampleRun.status(unit: unit)
        status.take(.roundOpened(round: 0, tasks: 2), at: .zero)
        status.take(event, at: .seconds(2))
        var figures = RoundFigures(loss: 1.5, tokens: 400, contributions: 2, rounds: 20, seconds: 2)
        (figures.bytesIn, figures.bytesOut) = (1_000, 2_000)
        return EventWording(
            status: status, names: [SampleRun.alpha: "alpha"], figures: figures, loggingSteps: loggingSteps
        ).announcement(of: event)
    }

    private func json(_ announcement: Announcement) throws -> JSONValue {
        try JSONValue(parsing: Data(announcement.json(at: Date()).utf8), file: "event")
    }

    @Test("about workers name them, for people and programs")
    func workers() throws {
        let key = SampleRun.key(3)
        let events: [(CoordinatorEvent, String, String)] = [
            (.joined(member), "joined", "alpha has joined (2 lanes, oneDNN)"),
            (.fellSilent(member, held: key), "silent", "alpha is silent: its task goes to another worker"),
            (.fellSilent(member, held: nil), "silent", "alpha is silent"),
            (.left(member, reason: "stopped"), "left", "alpha has left: stopped"),
            (.excluded(member, reason: "its key was revoked"), "excluded", "alpha is excluded: its key was revoked"),
            (.barred(member, reason: "it lied"), "barred", "alpha is excluded from the rest of the run: it lied"),
            (
                .distrusted(member, round: 2, reason: "3 others do not accept its key"), "distrusted",
                "alpha is excluded from the exchanges from step 3 on: 3 others do not accept its key"
            ),
            (
                .leftOut(member, rounds: 1), "left_out",
                "alpha did not answer in the exchange: the next round continues without it"
            ),
            (
                .leftOut(member, rounds: 4), "left_out",
                "alpha did not answer in the exchange: the next 4 rounds continue without it"
            ),
        ]
        for (event, name, text) in events {
            let told = announcement(event)
            #expect(told.event == name && told.text == text)
            let json = try json(told)
            #expect(json["worker"]?.stringValue == SampleRun.alpha.description)
            #expect(json["name"]?.stringValue == "alpha")
        }
    }

    @Test("count rounds from 1, and name a task by digits that no parser rounds")
    func numbers() throws {
        let told = announcement(.counted(SampleRun.key(3, task: .max), SampleRun.alpha, ContributionMetrics(tokens: 5)))
        let json = try json(told)
        #expect(told.text == nil && json["event"]?.stringValue == "result")
        #expect(json["step"]?.intValue == 4 && json["task"]?.stringValue == "18446744073709551615")
        #expect(json["outcome"]?.stringValue == "counted" && json["tokens"]?.intValue == 5)
        let round = try self.json(announcement(.roundOpened(round: 0, tasks: 3), unit: .round))
        #expect(round["round"]?.intValue == 1 && round["tasks"]?.intValue == 3)
    }

    @Test("say why a result does not count, on one line whatever the worker wrote")
    func refusals() throws {
        let key = SampleRun.key(3)
        #expect(
            announcement(.refused(key, SampleRun.alpha, reason: "NaN\nfake line")).text
                == "step 4: the result of alpha is refused: NaN fake line")
        #expect(
            announcement(.taskFailed(key, SampleRun.beta, reason: "no memory")).text
                == "step 4: the result of \(SampleRun.beta) could not be computed: no memory")
        #expect(announcement(.late(key, SampleRun.alpha)).text == nil)
        for (event, outcome) in [
            (CoordinatorEvent.refused(key, SampleRun.alpha, reason: ""), "refused"),
            (.taskFailed(key, SampleRun.alpha, reason: ""), "failed"), (.late(key, SampleRun.alpha), "late"),
        ] {
            #expect(try json(announcement(event))["outcome"]?.stringValue == outcome)
        }
    }

    @Test("of a step that is done tell loss, results, speed, bytes and the time that is left")
    func committed() throws {
        let told = announcement(.committed(SampleRun.report(0)))
        #expect(told.isProgress)
        #expect(
            told.text
                == "step 1/20 · loss 1.5000 · 2 results · 200 tokens/s · 1.0 kB in · 2.0 kB out · 0:38 left")
        let json = try json(told)
        #expect(json["event"]?.stringValue == "step_committed" && json["step"]?.intValue == 1)
        #expect(json["loss"]?.doubleValue == 1.5 && json["tokens"]?.intValue == 400)
        #expect(json["bytes_in"]?.intValue == 1_000 && json["bytes_out"]?.intValue == 2_000)
        #expect(json["workers"] == nil)
    }

    @Test("become lines for every logging_steps-th step, the last one, and every round")
    func logging() {
        let isLine = { (round: Int, unit: RunUnit) in
            announcement(.committed(SampleRun.report(round)), unit: unit, loggingSteps: 8).text != nil
        }
        #expect((0..<20).filter { isLine($0, .step) } == [7, 15, 19])
        #expect((0..<20).allSatisfy { isLine($0, .round) })
    }

    @Test("about a round that waits or closes early say with how many results")
    func deadlines() {
        #expect(
            announcement(.closedEarly(round: 2, results: 3, tasks: 5), unit: .round).text
                == "round 3 closes with 3 of 5 results")
        #expect(
            announcement(.waitingBeyondDeadline(round: 2, results: 1, needed: 2), unit: .round).text
                == "round 3: 1 of the 2 required results are in at the deadline; waiting for more")
        let range = announcement(.outOfRange(round: 2, numbers: 7), unit: .round)
        #expect(range.event == "out_of_range" && range.text?.hasPrefix("round 3: 7 values of the masked sum") == true)
        #expect(announcement(.failed(reason: "diverged")).text == "the run cannot continue: diverged")
        #expect(announcement(.finished).event == "finished")
        let early = announcement(.endedEarly(rounds: 2, reason: "no budget"), unit: .round)
        #expect(early.text?.hasPrefix("the run ends after round 2 of ") == true && early.event == "ended_early")
    }
}

@Suite("A coordinator's invitation")
struct InvitationTests {
    private func invitation(
        _ expiry: Date?, uses: Int? = nil, workers: Int, metrics: HTTPAddress? = nil, dashboard: String? = nil
    ) throws -> Invitation {
        Invitation(
            run: "sample", endpoint: try Endpoint("tcp://0.0.0.0:7700"), bulk: try Endpoint("tcp://0.0.0.0:7701"),
            state: "/var/lib/lorad/runs/sample",
            line: JoinLine(address: "tcp://10.0.0.1:7700", coordinator: .insecure, token: nil), expiry: expiry,
            uses: uses, minimumWorkers: workers, metrics: metrics, dashboard: dashboard)
    }

    @Test("says how many workers a line admits where that is limited, and that another follows", arguments: [1, 3])
    func uses(count: Int) throws {
        let invitation = try invitation(Date(timeIntervalSince1970: 1_700_000_000), uses: count, workers: 3)
        let words = count == 1 ? "one new worker" : "3 new workers"
        #expect(
            invitation.announcement.text?.contains(
                "(it admits \(words), before 2023-11-14T22:13:20Z; a new line is printed when this one is used up; "
                    + "--token-uses allows more):") == true)
    }

    @Test("has the line to paste, both ports, the state's folder, and until when it admits workers")
    func text() throws {
        let expiry = Date(timeIntervalSince1970: 1_700_000_000)
        #expect(
            try invitation(expiry, workers: 2, metrics: .init(host: "::1", port: 9700)).announcement.text == """
                run sample listens at tcp://0.0.0.0:7700 and tcp://0.0.0.0:7701, with its state in /var/lib/lorad/runs/sample
                metrics are at http://[::1]:9700/metrics
                workers join with this line (it admits new workers until 2023-11-14T22:13:20Z):
                  lorad worker --join 'tcp://10.0.0.1:7700?insecure=1'
                training starts when 2 workers have joined
                """)
        #expect(try invitation(nil, workers: 1).announcement.text?.contains("this line:\n") == true)
    }

    @Test("tells programs the line as it is")
    func fields() throws {
        let invitation = try invitation(nil, workers: 1, dashboard: "http://127.0.0.1:9800/#key")
        #expect(invitation.announcement.text?.contains("\nthe run's page is at http://127.0.0.1:9800/#key\n") == true)
        let json = try JSONValue(parsing: Data(invitation.announcement.json(at: Date()).utf8), file: "event")
        #expect(json["dashboard"]?.stringValue == "http://127.0.0.1:9800/#key")
        #expect(json["event"]?.stringValue == "listening")
        #expect(json["join"]?.stringValue == "tcp://10.0.0.1:7700?insecure=1")
        #expect(json["bulk_endpoint"]?.stringValue == "tcp://0.0.0.0:7701")
        #expect(json["expires"] == nil && json["metrics"] == nil)
    }
}
