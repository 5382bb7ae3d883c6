/// What the error of some work says, nil where it succeeds.
func errorMessage<Result>(of work: () throws -> Result) -> String? {
    do {
        _ = try work()
        return nil
    } catch {
        return "\(error)"
    }
}
