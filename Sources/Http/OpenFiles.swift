import Foundation

/// The files that this process may have open, of which every connection is one. Where there are none left libdispatch ends the process.
enum OpenFiles {
    /// For what is read and written beside connections: threads that wait, logs, a model's files.
    private static let reserve = 64

    /// As many connections as are wanted, or else as many as there is room for, once the limit has been raised to what is wanted.
    static func connections(atMost wanted: Int) -> Int {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0,
            let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        else { return wanted }
        let needed = rlim_t(wanted + open + reserve)
        if limit.rlim_cur < needed {
            // The limit itself is what a shell gives, and low; that which stands above it is the system's.
            limit.rlim_cur = min(needed, limit.rlim_max)
            _ = setrlimit(kind, &limit)
            guard getrlimit(kind, &limit) == 0 else { return wanted }
        }
        return connections(atMost: wanted, limit: Int(min(limit.rlim_cur, needed)), open: open)
    }

    static func connections(atMost wanted: Int, limit: Int, open: Int) -> Int {
        max(1, min(wanted, limit - open - reserve))
    }
}
