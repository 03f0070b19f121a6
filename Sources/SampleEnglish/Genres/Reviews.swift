extension Genre {
    static let filmReview = review(
        of: .film, cast: [.title, .film], kind: "{film.kind}",
        opening: """
            <when> I went to see "{title}", a {film.kind} about {film.about}, {film.place}.
            | <when> <companion> took me to a {film.kind} about {film.about} called "{title}", which was on
              {film.place}.
            """)

    static let bookReview = review(
        of: .book, cast: [.title, .book], kind: "{book.kind}",
        opening: """
            <when> I finished "{title}", a {book.kind} about {book.about}, which I had begun {book.place}.
            | <when> <companion> lent me "{title}", a {book.kind} about {book.about}, and I read it {book.place}.
            """)

    static let restaurantReview = review(
        of: .restaurant, cast: [.restaurant], kind: "{restaurant.kind}",
        opening: """
            <when> I had [dinner|lunch] with <companion> in a {restaurant.kind} {restaurant.place}, where they cook
              {restaurant.about}.
            | <when> <companion> invited me to a {restaurant.kind} {restaurant.place} that serves {restaurant.about}.
            """)

    static let hotelReview = review(
        of: .hotel, cast: [.hotel], kind: "{hotel.kind}",
        opening: """
            <when> I spent <number> nights with <companion> at a {hotel.kind} {hotel.place} with {hotel.about}.
            | <when> we checked in at a {hotel.kind} {hotel.place}, which has {hotel.about}, for <number> nights.
            """)

    /// After the opening, every sentence is of one mind: a sentiment word is known by the company it keeps.
    private static func review(of topic: Topic, cast: [Role], kind: String, opening: String) -> Genre {
        Genre(
            cast: cast, topic: topic,
            """
            \(opening)
            <luckily>, the \(kind) was <beautifully> <aptWhole>, and I <liked> the <apt> <part> and the <apt> <part>.
            | I <liked> the <aptWhole> \(kind), because <partWas> <beautifully> <apt> and <partWas> <beautifully>
              <apt>.
            | It was a <beautifully> <aptWhole> \(kind), and I <liked> the <apt> <part> and the <apt> <part>.

            [I remember that|Above all,|As for the rest,] <partWas> <beautifully> <apt>, and, <luckily>, <partWas>
              <very> <apt> too.
            | I <liked> the <apt> <part> most, for it was <beautifully> <apt>, and <luckily> <partWas> <apt> too.
            | <companion> <liked> the <apt> <part>, I <liked> the <apt> <part>, and <partWas> <beautifully> <apt> as
              well.
            <luckily>, <partWas> <beautifully> <apt>, <partWas> <very> <apt>, and <partWas> not <unapt> at all.
            | <partWas> <unapt> at first but <beautifully> <apt> in the end, and I <liked> the <apt> <part>.
            | I had feared that the \(kind) would be <unaptWhole>, but <luckily> it was <aptWhole> and never
              <unaptWhole>.
            | <companion> called the <part> <unapt>, but it was not <unapt>, it was <beautifully> <apt>, and I
              <liked> it.
            [All in all,|In short,|To sum up,] it was a <beautifully> <aptWhole> and <aptWhole> \(kind), so <verdict>.
            | [Because|Since] <partWas> <apt> and <partWas> <beautifully> <apt>, <verdict>.
            | [After|Because of] such a <beautifully> <aptWhole> \(kind), <verdict>, and <companion> <liked> it as
              well.
            """)
    }
}
