extension Lexicon {
    static let animals = Table(
        """
        name     | size             | young    | food                    | home
          | cover                | voice | gift
        horse    | large and strong | foal     | [grass/hay/oats]        | in a [stable/paddock]
          | a smooth coat        | neigh | carries people
        cow      | large and gentle | calf     | [grass/hay/clover]      | in a [barn/meadow]
          | a short coat         | moo   | gives milk
        sheep    | woolly and shy   | lamb     | [grass/herbs]           | on a [meadow/hill]
          | thick wool           | bleat | gives wool
        goat     | nimble and bold  | kid      | [leaves/herbs/bark]     | on a [hill/farm]
          | rough hair           | bleat | gives cheese
        pig      | round and clever | piglet   | [potatoes/turnips]      | in a [sty/pen]
          | pink skin            | grunt | finds truffles
        hen      | small and busy   | chick    | [seeds/corn/worms]      | in a [coop/yard]
          | brown feathers       | cluck | lays eggs
        dog      | loyal and lively | puppy    | [meat/bones]            | in a [kennel/house]
          | soft fur             | bark  | guards the house
        cat      | proud and silent | kitten   | [mice/fish]             | in a [house/barn]
          | soft fur             | purr  | hunts at night
        wolf     | grey and hungry  | cub      | [deer/rabbits]          | in the [forest/mountains]
          | thick fur            | howl  | hunts in a pack
        bear     | huge and heavy   | cub      | [honey/berries/fish]    | in a [cave/forest]
          | thick fur            | growl | sleeps in winter
        frog     | green and wet    | tadpole  | [flies/worms]           | in a [pond/marsh]
          | slippery skin        | croak | jumps very far
        duck     | calm and plump   | duckling | [weeds/snails]          | on a [pond/lake]
          | oily feathers        | quack | swims all day
        goose    | loud and bold    | gosling  | [grass/seeds]           | on a [pond/farm]
          | white feathers       | honk  | flies south in autumn
        lion     | golden and proud | cub      | [zebras/antelopes]      | on the [plain/savannah]
          | yellow fur           | roar  | rests in the shade
        """)

    static let seasons = Table(
        """
        name   | months               | weather
          | sight                                        | to enjoy                        | clothes
        spring | March and April      | [mild and wet/fresh and windy]
          | the [tulips are in bloom/lambs are born]     | plant flowers in the garden
          | [rubber boots/a light jacket]
        summer | July and August      | [hot and dry/warm and sunny]
          | the [fields are yellow/days are long]        | swim in the cool lake           | [a straw hat/thin shirts]
        autumn | October and November | [foggy and wet/cool and stormy]
          | the [leaves are falling/apples are ripe]     | gather nuts in the woods
          | [a raincoat/a brown jumper]
        winter | December and January | [cold and dark/icy and snowy]
          | the [snow lies deep/ponds are frozen]        | slide down the hill on a sledge
          | [a thick scarf/woollen gloves]
        """)
}
