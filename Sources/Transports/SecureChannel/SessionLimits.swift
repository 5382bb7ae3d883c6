/// How much a coordinator keeps for workers that came, and for hellos that nobody followed up.
///
/// With the defaults a flood of hellos holds 16 MB at the very most, all of it welcomes of the largest size.
public struct SessionLimits: Sendable {
    /// The most sessions that wait for their first request; the one that waits longest goes for a new one.
    public var halfOpen = 256
    /// The most of them that one worker may have.
    public var halfOpenPerWorker = 4
    /// How long a session may wait for its first request.
    public var halfOpenLifetime = Duration.seconds(30)
    /// The most sessions in use; the one that was idle longest goes for a new one.
    public var established = 4096
    /// The most of them that one worker may have.
    public var establishedPerWorker = 16
    /// How long a session may be idle.
    public var idleLifetime = Duration.seconds(3600)
    /// How many handshakes are done in a second; other workers are told to come again.
    public var handshakesPerSecond = 500.0
    /// How many may be done at once after a pause.
    public var handshakeBurst = 2000.0

    /// The defaults.
    public init() {}
}
