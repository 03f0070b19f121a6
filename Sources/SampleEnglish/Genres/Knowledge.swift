extension Genre {
    static let animalPortrait = Genre(
        cast: [.animal, .hero],
        """
        The {animal} is {animal.size}, and it has {animal.cover}.
        | Like all {animal.plural}, a {animal} is {animal.size}, and it has {animal.cover}.
        It lives {animal.home} and eats {animal.food}, and a young {animal} is called a {animal.young}.
        | It lives {animal.home}, where it looks for {animal.food}, and it {animal.gift}.
        When it is [hungry|frightened|excited|in danger], you can [often |always |]hear it {animal.voice}
          [at night|in the morning|from far away].
        | [Listen to it <somewhere>|Stand still <somewhere>|Go for a walk <somewhere>], and you will hear a {animal}
          {animal.voice}[ before long|].

        When {hero} was a child, {hero.he} [often|once|sometimes] saw a {animal} <somewhere>.
        | {hero}, who lives <somewhere>, has [always been fond of|often dreamed of|taken many photographs of]
          {animal.plural}.
        [One day|One <weekday>] {hero.he} came very close to the {animal} and its {animal.young}, and {hero.he} heard
          them {animal.voice}.
        | {hero.he} knows that a {animal} lives {animal.home}, so {hero.he} [looks|waits] for it there
          [at dawn|at dusk|every <weekday>].
        {hero.he} [likes|loves] the {animal} because it is {animal.size} and because it {animal.gift}.
        | "The {animal} is {animal.size}," {hero.he} says, "and everybody knows that it {animal.gift}."
        """)

    static let instructions = Genre(
        cast: [.howTo, .hero],
        """
        [If you want to|To] {howTo}, you need {howTo.needs}, and you also need {howTo.tool}.
        | Before you {howTo}, make sure that you have {howTo.needs}, and put {howTo.tool} beside you.
        First, {howTo.begin}, which takes [about ]<number> minutes.
        | Begin like this: {howTo.begin}[, but do not hurry|, and take your time|].
        Then {howTo.continue}[ with {howTo.tool}|, and be patient|].
        | After that, {howTo.continue} [while somebody holds {howTo.tool}|and wait for <number> minutes].
        Finally, {howTo.finish}, and wait until {howTo.sign}.
        | At the end, {howTo.finish}; you are ready when {howTo.sign}.

        {hero}, who is [|very ]{hero.nature}, learned to {howTo}
          [from {hero.his} [aunt|uncle|mother|father]|when {hero.he} was <number> years old].
        | The first time that {hero} tried to {howTo}, {hero.he} forgot {howTo.tool} and had to start
          again[ after <number> minutes|].
        Now {hero.he} [always|often|usually] keeps {howTo.needs} ready, and {hero.he} stops only when {howTo.sign}.
        | "Do not stop before {howTo.sign}," {hero.he} tells [{hero.his} children|the neighbours|everybody who asks].
        """)
}
