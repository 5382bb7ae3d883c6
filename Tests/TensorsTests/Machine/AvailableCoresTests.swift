import Tensors
import Testing

@Suite("The cores that a process may use")
struct AvailableCoresTests {
    @Test(
        "are those of its affinity, and no more than the whole cores of a control group's quota",
        arguments: [
            (16, nil, 16), (16, 4.0, 4), (16, 2.5, 2), (16, 3.999, 4), (2, 8.0, 2), (16, 0.5, 1), (0, nil, 1),
            (16, 1e300, 16),
        ] as [(Int, Double?, Int)])
    func count(affinity: Int, quota: Double?, expected: Int) {
        #expect(AvailableCores.count(affinity: affinity, quota: quota) == expected)
    }

    @Test(
        "are counted in the mask of /proc/self/status, as far as the machine runs them",
        arguments: [
            ("Name:\tlorad\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n", 2), ("Cpus_allowed:\t8000,00000001", 2),
            ("Cpus_allowed:\tffffffff,ffffffff,ffffffff", 16), ("Cpus_allowed:\tF0", 4), ("Cpus_allowed:\t0", 16),
            ("Cpus_allowed:\t3x", 16), ("Cpus_allowed_list:\t0", 16), ("", 16),
        ])
    func mask(status: String, expected: Int) {
        #expect(AvailableCores.affinity(status: status, online: 16) == expected)
    }

    @Test("are at least one on this machine, and no more than its affinity allows")
    func thisMachine() {
        #expect((1...AvailableCores.affinity).contains(AvailableCores.count))
    }

    @Test("have no quota where a control group's numbers make none")
    func oddQuota() {
        for text in ["inf 100000", "max 100000", "100000", "-1 100000", "100000 0", "nan nan", ""] {
            let group = ControlGroup(membership: "0::/") { $0 == "/cpu.max" ? text : "" }
            #expect(group.processorQuota == nil, "\(text)")
        }
    }
}
