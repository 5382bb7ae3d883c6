extension SimulatedNetwork {
    /// Some nodes, cut off from the others for a time.
    struct Partition {
        let nodes: Set<Node>
        let interval: Range<Duration>
    }

    /// Cuts every link between these nodes and the others; links among them stay. A message is lost if its link is cut
    /// when it leaves or when it would arrive. Partitions may overlap.
    public mutating func partition(_ nodes: Set<Node>, during interval: Range<Duration>) {
        partitions.append(Partition(nodes: nodes, interval: interval))
    }

    /// Crashes a node: its timers, the messages on their way to it, and those sent to it while it is down, are dropped.
    /// Messages it has sent arrive.
    public mutating func crash(_ node: Node, at time: Duration) {
        queue.insert(.crash(node), at: max(time, now))
    }

    /// Starts a node that has crashed.
    public mutating func restart(_ node: Node, at time: Duration) {
        queue.insert(.restart(node), at: max(time, now))
    }

    /// Whether a node is running.
    public func isUp(_ node: Node) -> Bool { life(node).isMultiple(of: 2) }

    /// Whether messages between two nodes are lost at the moment.
    public func isCut(_ one: Node, _ other: Node) -> Bool {
        partitions.contains { partition in
            partition.interval.contains(now) && partition.nodes.contains(one) != partition.nodes.contains(other)
        }
    }

    func life(_ node: Node) -> Int { lives[node] ?? 0 }

    /// What comes of a plan whose time has come; nil if nothing does.
    mutating func event(_ planned: Planned) -> Event? {
        switch planned {
        case .message(let message, let sender, let receiver, let life):
            arrival(of: message, from: sender, to: receiver, life: life)
        case .timer(let timer, let node, let life):
            life == self.life(node) && isUp(node) ? Event(time: now, node: node, occurrence: .timer(timer)) : nil
        case .crash(let node): turn(node, isUp: false)
        case .restart(let node): turn(node, isUp: true)
        }
    }

    private mutating func arrival(of message: Message, from sender: Node, to node: Node, life: Int) -> Event? {
        guard life == self.life(node) else {
            counts.crashed += 1
            return nil
        }
        guard !isCut(sender, node) else {
            counts.cut += 1
            return nil
        }
        counts.delivered += 1
        return Event(time: now, node: node, occurrence: .message(message, from: sender))
    }

    private mutating func turn(_ node: Node, isUp: Bool) -> Event? {
        guard self.isUp(node) != isUp else { return nil }
        lives[node] = life(node) + 1
        return Event(time: now, node: node, occurrence: isUp ? .restarted : .crashed)
    }
}
