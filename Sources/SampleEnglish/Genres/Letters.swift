extension Genre {
    static let letter = Genre(
        cast: [.hero, .friend, .gift, .season, .deed],
        """
        Dear {friend}, thank you [very much|so much] for {gift}, which came in the post on <weekday>.
        | Dear {friend}, on <weekday> the postman brought me {gift}, and I thank you for it with all my heart.
        I {gift.use}, and {gift.praise}.
        | Since then I {gift.use}, and {gift.praise}, as you said.
        ? {hero} {hero perfect see} it too, and {hero.he}
          [wants to know where you bought it|asks you for the same|is a little jealous].

        Here in <town> it is {season} now, and the weather is {season.weather}.
        | You know what <town> is like in {season.months}: the weather is {season.weather}.
        In {season} {season.sight}, so {hero} and I wear {season.clothes} and {season.enjoy}.
        | When {season} comes and {season.sight}, people wear {season.clothes} and {season.enjoy}.
        ? Yesterday {hero} was {deed.cause}, so {hero.he} {hero deed.do} {deed.where}.
        | Because {hero} is [often|always] {deed.cause}, {hero.he} {hero perfect deed.do} {deed.where} more than once.

        Next <weekday> {hero} and I will take the train to <town>, and I hope that we will see you there.
        | If you have time in {season.months}, {hero} and I will visit you for [a week|<number> days] and
          {season.enjoy} with you.
        Please [write soon|write to me] and [give my love to your family|tell your parents that I think of them].
          Yours, <signature>.
        | With [best wishes|much love] to you and to your family, I remain your [old|true] friend <signature>.
        """)

    static let dialogue = Genre(
        cast: [.hero, .friend, .shop],
        """
        One <weekday> {hero} met {friend} [in the street|on the bridge|at the corner], and they stopped to talk.
        | On <weekday> {hero} saw {friend}, who was walking [quickly|slowly] down the street with a [basket|bag].
        "Where are you going, {friend}?" {hero} asked [{friend.him}|{hero.his} friend].
        | "Good morning, {friend}, where are you going so [early|fast]?" asked {hero}.
        "I am going to the {shop}, because I need {shop.ware} {shop.use}," {friend} answered.
        | "I need {shop.ware} {shop.use}, so I am on the way to the {shop}," said {friend}[ with a smile|].
        "Is that the {shop} {shop.way}?" {hero} asked, and {friend} [nodded|said yes].
        | "Then go to the one {shop.way}," said {hero}, "for the {shop.keeper} there is
          [honest|cheap|a friend of mine]."

        So {friend} said goodbye to {hero} and went to the {shop} {shop.way}.
        | {friend} thanked {hero.him} and walked on until {friend.he} came to the {shop} {shop.way}.
        The {shop.keeper} asked what {friend.he} wanted, and {friend.he} bought {shop.ware}.
        | There {friend.he} asked the {shop.keeper} for {shop.ware}, paid <number> pounds and put it into
          {friend.his} [basket|bag].
        In the end {friend} carried {friend.his} [basket|bag] home, for now {friend.he} had what {friend.he} needed
          {shop.use}.
        | Then {friend.he} hurried home, because {friend.he} had promised to be back by <hour> o'clock.
        """)
}
