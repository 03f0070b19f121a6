extension Lexicon {
    static let people = Table(
        """
        name      | pronoun | nature
        Anna      | she     | [careful/patient]
        Clara     | she     | [cheerful/friendly]
        Emma      | she     | [clever/curious]
        Grace     | she     | [quiet/gentle]
        Helen     | she     | [strong/brave]
        Ida       | she     | [shy/quiet]
        Jane      | she     | [busy/lively]
        Kate      | she     | [clever/honest]
        Lucy      | she     | [cheerful/lively]
        Maria     | she     | [kind/gentle]
        Nora      | she     | [brave/stubborn]
        Olivia    | she     | [careful/honest]
        Rose      | she     | [friendly/kind]
        Sarah     | she     | [patient/strong]
        Adam      | he      | [curious/clever]
        Ben       | he      | [lively/cheerful]
        Charles   | he      | [stubborn/quiet]
        David     | he      | [patient/careful]
        Edward    | he      | [honest/busy]
        Frank     | he      | [friendly/cheerful]
        George    | he      | [kind/gentle]
        Henry     | he      | [brave/strong]
        Jack      | he      | [lively/stubborn]
        Martin    | he      | [shy/quiet]
        Oscar     | he      | [curious/brave]
        Peter     | he      | [honest/kind]
        Simon     | he      | [clever/careful]
        Tom       | he      | [busy/strong]
        """)

    /// Subjects of either number, for the documents in which the verb must look for it.
    static let peopleAndGroups = Table(
        """
        name             | pronoun
        Anna             | she
        Helen            | she
        Maria            | she
        Sarah            | she
        my aunt          | she
        my grandmother   | she
        the old woman    | she
        the girl         | she
        Peter            | he
        Henry            | he
        Martin           | he
        Tom              | he
        my uncle         | he
        my grandfather   | he
        the old man      | he
        the boy          | he
        Anna and Tom     | they
        Kate and Jack    | they
        the twins        | they
        the children     | they
        the neighbours   | they
        the students     | they
        my parents       | they
        my cousins       | they
        the two sisters  | they
        the two brothers | they
        """)

    static let trades = Table(
        """
        name      | to work                                   | place                              | tool
        baker     | bake [bread/rolls/cakes]                  | in [a warm/the small] bakery       | rolling pin
        farmer    | grow [wheat/potatoes/corn]                | on [a large/the old] farm          | pitchfork
        gardener  | plant [roses/trees/tulips]                | in [a green/the royal] garden      | spade
        teacher   | teach [history/music/numbers]             | in [a village/the old] school      | chalk
        nurse     | look after [the sick/old people]          | in [a large/the city] hospital     | bandage
        sailor    | carry [salt/timber/coal] over the sea     | on [a wooden/an old] ship          | compass
        tailor    | sew [coats/shirts/dresses]                | in [a narrow/the little] shop      | needle
        carpenter | build [tables/chairs/cupboards]           | in [a dusty/the cold] workshop     | hammer
        cook      | prepare [soup/meat/dinner] for the guests | in [a hot/the busy] kitchen        | ladle
        painter   | paint [portraits/houses/ships]            | in [a bright/the empty] studio     | brush
        shepherd  | watch over [the sheep/the lambs]          | on [a green/the high] hill         | whistle
        postman   | deliver [letters/parcels/postcards]       | in [a hilly/the next] district     | bicycle
        musician  | play [the violin/the piano/the cello]     | in [a grand/the city] concert hall | bow
        """)
}
