import Testing
import Training

@Suite("The best checkpoint")
struct BestCheckpointTests {
    private func arguments(_ change: (inout TrainingArguments) -> Void) -> TrainingArguments {
        var arguments = TrainingArguments()
        change(&arguments)
        return arguments
    }

    @Test("is that of the lowest loss, or of the most right answers, the first of equals")
    func best() {
        let values = [3.0, 1.0, 1.0, 2.0, 3.0]
        for (metric, expected) in [(BestModelMetric.loss, 1), (.exactMatch, 0)] {
            let arguments = arguments { $0.metricForBestModel = metric }
            var best = BestCheckpoint()
            let news = values.indices.filter { best.add(values[$0], step: $0, arguments) }
            #expect(best.step == expected && best.value == values[expected] && news.last == expected)
        }
    }

    @Test("A run ends after as many evaluations without a gain as it is told")
    func patience() {
        let arguments = arguments { $0.earlyStoppingPatience = 2 }
        var best = BestCheckpoint()
        let ends = [5.0, 4, 4.5, 3, 3, 3.5].enumerated().map { step, value in
            _ = best.add(value, step: step, arguments)
            return best.ends(arguments)
        }
        #expect(ends == [false, false, false, false, false, true])
    }

    @Test("What is better by less than the threshold is the best, but no gain")
    func threshold() {
        let arguments = arguments { ($0.earlyStoppingPatience, $0.earlyStoppingThreshold) = (2, 0.5) }
        var best = BestCheckpoint()
        for (step, value) in [5.0, 4.8, 4.6].enumerated() { _ = best.add(value, step: step, arguments) }
        #expect(best.step == 2 && best.ends(arguments))
    }
}
