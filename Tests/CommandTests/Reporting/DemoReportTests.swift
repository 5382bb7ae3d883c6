import Testing

@testable import lorad

@Suite("A demonstration's report")
struct DemoReportTests {
    private func report(base: Double, centralised: Double, federated: Double, rows: Int) -> DemoReport {
        func entry(_ accuracy: Double) -> DemoReport.Entry { .init(name: "x", accuracy: accuracy, curve: [accuracy]) }
        return DemoReport(
            seed: 1, workers: 3, testRows: rows, rounds: 3, evaluationRounds: 1, base: base, alone: [],
            federated: entry(federated), undisturbed: entry(federated), centralised: entry(centralised), folder: "demo",
            seconds: 1)
    }

    @Test("compares with a gain that is more than chance")
    func clear() {
        let report = report(base: 0.3, centralised: 0.7, federated: 0.6, rows: 800)
        #expect(report.text.contains("The federation reaches 75% of the gain from training on all data in one place."))
    }

    @Test("gives no percentage where the gain is within two standard errors, and states them")
    func chance() {
        let report = report(base: 0.3, centralised: 0.35, federated: 0.4, rows: 60)
        #expect(report.share == nil && !report.text.contains("200%"))
        #expect(report.text.contains("gains +5.0 points with a standard error of 8.5 on 60 questions"))
        let loss = self.report(base: 0.3, centralised: 0.1, federated: 0.4, rows: 800)
        #expect(loss.share == nil && loss.text.contains("gains -20.0 points"))
    }
}
