/// The parts that a frame can name; each is filled, once a document, from one table of the lexicon.
enum Role: Int, Sendable, CaseIterable {
    case hero, friend
    case someone
    case trade
    case errand
    case deed, secondDeed, thirdDeed
    case animal
    case shop
    case howTo
    case gift
    case season
    case title
    case film, book, restaurant, hotel

    var table: Table {
        switch self {
        case .hero, .friend: Lexicon.people
        case .someone: Lexicon.peopleAndGroups
        case .trade: Lexicon.trades
        case .errand: Lexicon.errands
        case .deed, .secondDeed, .thirdDeed: Lexicon.deeds
        case .animal: Lexicon.animals
        case .shop: Lexicon.shops
        case .howTo: Lexicon.howTos
        case .gift: Lexicon.gifts
        case .season: Lexicon.seasons
        case .title: Lexicon.titles
        case .film: Lexicon.films
        case .book: Lexicon.books
        case .restaurant: Lexicon.restaurants
        case .hotel: Lexicon.hotels
        }
    }

    /// The other roles of the same table: two people of a story are not one and the same.
    var rivals: [Role] {
        switch self {
        case .hero: [.friend]
        case .friend: [.hero]
        case .deed: [.secondDeed, .thirdDeed]
        case .secondDeed: [.deed, .thirdDeed]
        case .thirdDeed: [.deed, .secondDeed]
        default: []
        }
    }

    static func named(_ name: String) -> Role? {
        allCases.first { "\($0)" == name }
    }

    /// In the order of the cases, so that a role's raw value is its place.
    static let tables = allCases.map(\.table)
}

/// The words of the language: tables of entries, by theme.
enum Lexicon {}
