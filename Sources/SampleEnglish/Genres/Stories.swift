extension Genre {
    /// Trouble comes, is dealt with in three steps, and ends well.
    static let story = Genre(
        cast: [.hero, .friend, .trade, .errand],
        """
        {hero} was a {hero.nature} {trade} who lived in a [small|quiet|lonely] village <somewhere>.
        | Once there was a {hero.nature} {trade} called {hero}, who lived <somewhere>.
        | In a village <somewhere> there lived a {hero.nature} {trade} whose name was {hero}.
        {hero.he} had learned to {trade.work} when {hero.he} was [young|a child], and {hero.he} still
          {hero trade.work} {trade.place}.
        | Like every good {trade}, {hero.he} {hero trade.work} {trade.place}, and {hero.his} {trade.tool} was always
          at hand.
        ? {hero.his} best friend was {friend}, who was as {friend.nature} as {hero} was {hero.nature}.

        One [cold|warm|rainy|windy] <weekday>, {errand.trouble}, and nobody knew what to do.
        | On a [grey|bright|cold|warm] <weekday> morning, {friend} came and said that {errand.trouble}.
        First, {hero} {hero errand.begin}, because {hero.he} was [always|never] {hero.nature} in such moments.
        | So {hero} put down {hero.his} {trade.tool} and first of all {hero errand.begin}.
        Then {hero.he} {hero errand.continue} while {friend} [helped|watched|waited][ <slowly>|].
        | After that, {hero.he} {hero errand.continue} with the help of {friend}, who [helped|worked] <slowly>.
        Finally, {hero.he} {hero errand.finish}, and at last {errand.result}.
        | At last {hero.he} {hero errand.finish}, and from that day on {errand.result}.

        In the evening {friend} thanked {hero} and gave {hero.him}
          [a basket of plums|a jar of honey|a bottle of wine|a bunch of flowers].
        | That night {hero} was tired but proud of {hero.himself}, and {friend} shook {hero.him} by the hand.
        ? {hero.he} smiled and said that a {trade} must be {hero.nature} when {errand.trouble}.
        The next day {hero.he} went back to {hero.his} work and {hero trade.work} again {trade.place}.
        | After this, {hero.he} {hero trade.work} {trade.place} as before, and {friend} was always welcome.
        """)

    /// One day, from its morning to its night, of one or of many, in any tense.
    static let day = Genre(
        cast: [.someone, .deed, .secondDeed, .thirdDeed], tenses: [.past, .present, .future],
        """
        <when>, {someone} {someone get} up at <hour> o'clock and {someone wash} {someone.his} [hands|ears] with
          [cold|warm] water.
        | <when>, {someone} {someone wake} up [early|late] and {someone open} the window of {someone.his}
          [room|bedroom].
        In the morning, {someone.he} {someone deed.do} {deed.where}, because {someone.he} {someone be}
          [|<very> ]{deed.cause}.
        | Before noon, {someone.he} {someone be} [|<very> ]{deed.cause}, so {someone.he} {someone deed.do}
          {deed.where}.
        After lunch, {someone} {someone leave} the house and {someone secondDeed.do} {secondDeed.where} with
          {someone.his} friends.
        | In the afternoon, {someone} {someone be} [|<very> ]{secondDeed.cause}, so {someone.he}
          {someone secondDeed.do} {secondDeed.where}.
        ? There {someone.he} {someone meet} <number> [neighbours|friends|people], and {someone.he} {someone talk} to
          them for [an hour|a while].

        In the evening, {someone.he} {someone come} home and {someone thirdDeed.do} {thirdDeed.where}, because
          {someone.he} {someone be} {thirdDeed.cause}.
        | After sunset, {someone.he} {someone be} [|<very> ]{thirdDeed.cause}, so {someone.he} {someone thirdDeed.do}
          {thirdDeed.where}.
        At <hour> o'clock, {someone} {someone switch} off the light and {someone go} to bed [happily|quietly|at once].
        | At the end of the day, {someone} {someone close} {someone.his} eyes and {someone fall} asleep
          [at once|quickly|with a smile].
        """)
}
