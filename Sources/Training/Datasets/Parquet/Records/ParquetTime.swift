/// Dates and times as ISO 8601 writes them.
enum ParquetTime {
    /// A day, counted from 1 January 1970: `2024-02-29`.
    static func date(_ days: Int) -> String {
        // Eras of 400 years that begin on 1 March, so that a leap day is the last of its year.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let day = shifted - era * 146_097
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let calendarMonth = month < 10 ? month + 3 : month - 9
        let calendarYear = year + era * 400 + (calendarMonth <= 2 ? 1 : 0)
        return
            "\(padded(calendarYear, 4))-\(padded(calendarMonth, 2))-\(padded(dayOfYear - (153 * month + 2) / 5 + 1, 2))"
    }

    /// A time, counted from the beginning of 1970: `2024-02-29T12:00:00.250000`, with `Z` where it is in UTC.
    static func text(_ units: Int, perSecond: Int, isUTC: Bool) -> String {
        let (seconds, fraction) = divided(units, by: perSecond)
        let (days, second) = divided(seconds, by: 86_400)
        let digits = perSecond == 1_000 ? 3 : perSecond == 1_000_000 ? 6 : 9
        let clock = [second / 3_600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(date(days))T\(clock)" + (fraction == 0 ? "" : ".\(padded(fraction, digits))") + (isUTC ? "Z" : "")
    }

    /// The older form: nanoseconds of a day, and its Julian number.
    static func text(ofInt96 bytes: UnsafeRawBufferPointer) -> String {
        let nanoseconds = Int(Int64(littleEndian: bytes.loadUnaligned(as: Int64.self)))
        let julian = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        let (seconds, fraction) = divided(nanoseconds, by: 1_000_000_000)
        let text = text((julian - 2_440_588) * 86_400 + seconds, perSecond: 1, isUTC: false)
        guard fraction != 0 else { return text }
        return "\(text)." + (fraction % 1_000 == 0 ? padded(fraction / 1_000, 6) : padded(fraction, 9))
    }

    private static func divided(_ value: Int, by divisor: Int) -> (quotient: Int, rest: Int) {
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }

    private static func padded(_ value: Int, _ digits: Int) -> String {
        let text = "\(abs(value))"
        return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

/// Decimal numbers as text, because a double would not hold them.
enum ParquetDecimal {
    /// An integer divided by a power of ten.
    static func text(_ value: Int128, scale: Int) -> String {
        guard scale > 0, scale <= 64 else { return "\(value)" }
        let digits = "\(value.magnitude)"
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return (value < 0 ? "-" : "") + padded.dropLast(scale) + "." + padded.suffix(scale)
    }

    /// An integer of up to 16 bytes, the highest first.
    static func integer(_ bytes: UnsafeRawBufferPointer) -> Int128 {
        let start: Int128 = bytes.first.map { $0 >= 0x80 ? -1 : 0 } ?? 0
        return bytes.reduce(start) { $0 << 8 | Int128($1) }
    }
}
