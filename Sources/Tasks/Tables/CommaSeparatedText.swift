extension TableLines {
    /// The fields of the next record of comma-separated values as RFC 4180 has them: fields in quotes may hold commas, line
    /// breaks and doubled quotes, and a lone line feed ends a record too; nil at the end.
    ///
    /// - Throws: `TaskError` with line and column of what is not of that form.
    func nextCommaSeparated() throws -> [String]? {
        guard var line = try next() else { return nil }
        var (fields, index) = ([String](), 0)
        while true {
            if index < line.count, line[index] == quote {
                fields.append(try quoted(&line, &index))
                guard index == line.count || line[index] == comma else {
                    throw error(line, index, "text behind a closing quotation mark; wanted a comma or the line's end")
                }
            } else {
                let end: Int = line[index...].firstIndex { $0 == comma || $0 == quote || $0 == 0x0D } ?? line.count
                guard end == line.count || line[end] == comma else {
                    let found = line[end] == quote ? "quotation mark" : "carriage return"
                    throw error(line, end, "a \(found) inside a field without quotes; wanted the field in quotes")
                }
                fields.append(String(decoding: line[index..<end], as: UTF8.self))
                index = end
            }
            try check(fields: fields.count)
            guard index < line.count else { return fields }
            index += 1
        }
    }

    /// The field whose opening mark stands at `index`, which moves behind the closing one.
    private func quoted(_ line: inout [UInt8], _ index: inout Int) throws -> String {
        let (first, opening, number) = (line, index, number)
        var field: [UInt8] = []
        index += 1
        while true {
            if index == line.count {
                guard let next = try next() else {
                    throw error(first, opening, of: number, "a quotation mark that is never closed")
                }
                guard field.count <= Self.longest else {
                    throw error(
                        first, opening, of: number, "a quotation mark without another in \(Self.longest >> 20) MB")
                }
                field.append(0x0A)
                (line, index) = (next, 0)
            } else if line[index] != quote {
                field.append(line[index])
                index += 1
            } else if index + 1 < line.count, line[index + 1] == quote {
                field.append(quote)
                index += 2
            } else {
                index += 1
                return String(decoding: field, as: UTF8.self)
            }
        }
    }
}

private let (quote, comma) = (UInt8(ascii: "\""), UInt8(ascii: ","))
