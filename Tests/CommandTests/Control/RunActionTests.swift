import Foundation
import Models
import Testing

@testable import lorad

@Suite("An action on a run")
struct RunActionTests {
    @Test(
        "is read as it is written",
        arguments: [
            RunAction.pause, .resume, .stop, .revoke(worker: "alpha"), .extend(seconds: 600),
            .joinToken(uses: nil, hours: nil), .joinToken(uses: 3, hours: 1.5),
        ])
    func roundTrip(action: RunAction) throws {
        let json = try JSONValue(parsing: Data(action.parameters.text().utf8), file: "action")
        #expect(try RunAction(name: action.name, parameters: json) == action)
        #expect(RunAction.names.contains(action.name))
    }

    @Test(
        "is refused with what it may be",
        arguments: [
            ("fly", "{}", "expected one of pause, resume, stop, revoke, extend, join-token"),
            ("pause", "[]", "expected a JSON object"),
            ("pause", #"{"for": 3}"#, "pause has no key \"for\"; its keys: none"),
            ("stop", #"{"worker": "a"}"#, "stop has no key"), ("revoke", "{}", "expected \"worker\""),
            ("revoke", #"{"worker": ""}"#, "expected \"worker\""), ("revoke", #"{"worker": 3}"#, "expected \"worker\""),
            ("extend", "{}", "expected \"seconds\""), ("extend", #"{"seconds": 0}"#, "from 1 to 1000000, found "),
            ("extend", #"{"seconds": -5}"#, "from 1 to 1000000, found "),
            ("extend", #"{"seconds": 1e9}"#, "from 1 to 1000000, found "),
            // Nobody lowers a quorum on the way.
            ("extend", #"{"seconds": 5, "min_workers": 1}"#, "extend has no key \"min_workers\"; its keys: seconds"),
            ("extend", #"{"seconds": 5, "seconds": 500}"#, "extend: a key is given twice"),
            ("join-token", #"{"uses": 0}"#, "\"uses\" is a number from 1 to 10000"),
            ("join-token", #"{"uses": null}"#, "\"uses\" is a number from 1 to 10000"),
            ("join-token", #"{"uses": 1.5}"#, "\"uses\" is a number from 1 to 10000"),
            ("join-token", #"{"hours": 0}"#, "\"hours\" is a number above 0"),
            ("join-token", #"{"hours": 1e12}"#, "\"hours\" is a number above 0"),
        ])
    func refusals(name: String, parameters: String, words: String) throws {
        let json = try JSONValue(parsing: Data(parameters.utf8), file: "action")
        let error = #expect(throws: CommandError.self) { try RunAction(name: name, parameters: json) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
}
