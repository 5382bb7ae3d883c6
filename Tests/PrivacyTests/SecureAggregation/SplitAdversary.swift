@testable import Privacy

/// Looks for losses that leave a group of honest workers by itself, once it has seen the graph.
///
/// From every honest worker it grows a group by the neighbour that shares the most edges with it. It may remove as many
/// honest workers as the quorum allows. As in the proof it succeeds when every worker of the group has its threshold among
/// the group and the colluders, and all other honest neighbours of the group can be removed.
struct SplitAdversary {
    let neighbourhoods: [[Int]]
    /// Workers 0..<colluders are in league with it.
    let colluders: Int
    let threshold: Double

    private var limit: Threshold { Threshold(fraction: threshold) }
    private var removable: Int { neighbourhoods.count - limit.needed(of: neighbourhoods.count) }

    /// A group that it can have summed by itself; `nil` if it finds none.
    func split() -> [Int]? {
        for start in colluders..<neighbourhoods.count {
            if let group = group(from: start) { return group }
        }
        return nil
    }

    private func group(from start: Int) -> [Int]? {
        var (group, isMember) = ([Int](), [Bool](repeating: false, count: neighbourhoods.count))
        var edges = [Int](repeating: 0, count: neighbourhoods.count)
        var next: Int? = start
        while let worker = next, group.count < (neighbourhoods.count - colluders) / 2 {
            group.append(worker)
            isMember[worker] = true
            for peer in neighbourhoods[worker] where peer != worker { edges[peer] += 1 }
            let border = (colluders..<neighbourhoods.count).filter { edges[$0] > 0 && !isMember[$0] }
            let others = neighbourhoods.count - colluders - group.count - border.count
            if border.count <= removable, others > 0, group.allSatisfy({ hasThreshold($0, edges[$0]) }) { return group }
            next = border.max { edges[$0] < edges[$1] }
        }
        return nil
    }

    private func hasThreshold(_ worker: Int, _ inside: Int) -> Bool {
        let helpers = neighbourhoods[worker].count { $0 < colluders }
        return inside + 1 + helpers >= limit.needed(of: neighbourhoods[worker].count)
    }
}
