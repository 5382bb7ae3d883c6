import Foundation

extension Judgement {
    static let ofComputing: [Judgement] = [
        Judgement(subject: "processor") { readings in
            let processor = readings.processor
            let named = ProcessorReading.worthNaming.filter(processor.features.contains)
            let sets = named.isEmpty ? "" : ", \(named.joined(separator: " "))"
            let model = processor.model.isEmpty ? "unnamed" : processor.model
            let text = "\(model), \(processor.cores) core\(processor.cores == 1 ? "" : "s")\(sets)"
            let isKnown = !processor.features.isEmpty
            guard !isKnown || processor.features.contains("avx2") || processor.features.contains("asimd") else {
                return [
                    .warning(
                        "processor", text,
                        "it has no AVX2, so training runs at a quarter of the speed or less: use a machine from the "
                            + "last ten years"
                    )
                ]
            }
            return [.ok("processor", text)]
        },
        Judgement(subject: "cores") { readings in
            guard let quota = readings.processor.quota, quota < Double(readings.processor.cores) - 0.01 else {
                return []
            }
            let (processor, usable) = (readings.processor, readings.processor.usable)
            let lanes = "lorad uses \(usable) lane\(usable == 1 ? "" : "s")"
            let text = "a control group allows \(quota.short) of \(processor.cores) cores, and \(lanes)"
            guard abs(quota - Double(usable)) > 0.01 else { return [.ok("cores", text)] }
            return [
                .warning(
                    "cores", text,
                    "set the group's limit to a whole number of cores: lorad does not use the fraction")
            ]
        },
        Judgement(subject: "precision") { readings in
            let has = readings.multipliesBFloat16
            return [
                .ok(
                    "precision",
                    has ? "bf16 products are native" : "bf16 is expanded to fp32: this saves memory, but no time")
            ]
        },
        Judgement(subject: "libraries") { readings in
            let text = readings.libraries.joined(separator: ", ")
            guard readings.libraries.contains(where: { $0.hasPrefix("OpenBLAS ") && !$0.hasSuffix("not installed") })
            else {
                return [
                    .warning(
                        "libraries", text,
                        "install libopenblas0: the aggregations flexlora and fedex need it")
                ]
            }
            return [.ok("libraries", text)]
        },
        Judgement(subject: "speed") { readings in
            guard let speed = readings.speed else { return [] }
            let products = speed.products.map { product in
                Finding.ok(
                    "\(product.type) products",
                    String(
                        format: "%.0f GFLOP/s on one core, %.0f on all (%@)", product.gflopsOfOneCore,
                        product.gflopsOfAll,
                        product.library))
            }
            return products + [
                .ok("memory speed", String(format: "%.0f GB/s copied by all cores", speed.copiedGigabytesPerSecond))
            ] + slowCores(speed, cores: readings.processor.usable)
        },
    ]

    /// Cores that hinder one another: somebody else uses them, or two of them are one.
    private static func slowCores(_ speed: SpeedReading, cores: Int) -> [Finding] {
        guard cores > 1, let product = speed.products.first else { return [] }
        let share = product.gflopsOfAll / (product.gflopsOfOneCore * Double(cores))
        guard share < 0.4 else { return [] }
        return [
            .warning(
                "speed",
                String(format: "all %d cores together reach %.0f%% of %d times one core", cores, 100 * share, cores),
                "other programs use them, or a limit applies: stop other programs, and try training.lanes: \(cores / 2)"
            )
        ]
    }
}
