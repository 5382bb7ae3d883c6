extension Int {
    /// `self / 255` to the nearest, for `0 ... 255²`: a blend of two samples.
    @inline(__always)
    var roundedOver255: Int {
        let sum = self + 128
        return (sum + sum >> 8) >> 8
    }
}
