extension Lexicon {
    static let titles = Table(
        """
        name
        The [Silver/Golden/Hidden/Frozen] [River/Crown/Island/Garden]
        The [Last/Lost/Secret/Broken] [Train/Letter/Mirror/Bridge]
        The [Red/White/Black/Blue] [Lantern/Rose/Horse/Tower]
        """)

    static let films = Table(
        """
        kind                                   | place                                    | about
        [film/comedy/drama/thriller/western]   | in the [old/new/little] cinema
          | a [spy/sheriff/detective/pilot] in [Paris/Texas/Berlin]
        [film/musical/cartoon/documentary]     | at the [open-air/city/corner] cinema
          | a [singer/dancer/penguin] from [Spain/Norway/Chile]
        """)

    static let books = Table(
        """
        kind                                   | place                                    | about
        [book/novel/biography/mystery]         | on the [train/plane/beach]
          | a [king/queen/captain] and [his/her] enemies
        [book/story/diary/romance]             | in the [hammock/garden/bath]
          | a [poet/widow/lawyer] and [his/her] letters
        """)

    static let restaurants = Table(
        """
        kind                                       | place                                | about
        [restaurant/café/inn/bistro]               | near the [station/market/theatre]
          | [Italian/Greek/Indian/Turkish] dishes
        [restaurant/snack bar/pizzeria/tavern]     | behind the [museum/harbour/castle]
          | [Spanish/Chinese/French/Mexican] dishes
        """)

    static let hotels = Table(
        """
        kind                                       | place                                | about
        [hotel/hostel/inn/guest house]             | by the [sea/lake/airport]
          | [forty/sixty/ninety] rooms and a [pool/sauna/terrace]
        [hotel/chalet/motel/boarding house]        | in the [mountains/valley/old town]
          | [ten/twelve/twenty] rooms and a [bar/lift/garage]
        """)
}
