extension Lexicon {
    static let deeds = Table(
        """
        to do                                                     | where                                    | cause
        drink a [cup of tea/cup of coffee/glass of milk]          | in the [kitchen/café]                    | thirsty
        drink a [glass of water/glass of juice/mug of cocoa]      | in the [kitchen/café]                    | thirsty
        eat a [bowl of soup/plate of pasta/slice of bread]        | at the [table/inn]                       | hungry
        eat [an apple/a pear/a sandwich/an orange]                | at the [table/inn]                       | hungry
        read a [novel/letter/newspaper/poem]                      | in the [library/armchair]                | curious
        write a [letter/poem/story/postcard]                      | at the [desk/window]
          | full of ideas
        play [chess/cards/football/tennis]                        | in the [yard/park]                       | bored
        play the [piano/violin/guitar/flute]                      | in the [music room/hall]
          | in the mood for music
        light [the fire/the stove/a candle]                       | in the [sitting room/cabin]              | cold
        sleep for [an hour/two hours/a long while]                | in the [bedroom/hammock]                 | tired
        rest for [a while/an hour]                                | on the [sofa/bench]                      | tired
        swim in the [lake/river/sea]                              | near the [old bridge/harbour]            | hot
        buy an [ice cream/ice lolly]                              | at the [beach/fair]                      | hot
        water the [roses/tomatoes/flowers]                        | in the [garden/greenhouse]
          | worried about the plants
        feed the [hens/horses/goats]                              | on the [farm/meadow]
          | worried about the animals
        wash the [plates/windows/floor]                           | in the [kitchen/hall]
          | ashamed of the mess
        sweep the [stairs/floor/path]                             | behind the [house/shop]
          | ashamed of the mess
        visit a [doctor/dentist/nurse]                            | in the [hospital/clinic]                 | ill
        watch the [birds/ducks/swans]                             | by the [pond/lake]
          | fond of nature
        pick [mushrooms/berries/nuts]                             | in the [forest/woods]
          | fond of nature
        catch a [fish/trout/salmon]                               | from the [boat/pier]
          | good at fishing
        paint a [portrait/landscape/picture]                      | in the [studio/attic]
          | good at painting
        repair the [bicycle/fence/radio]                          | in the [shed/garage]
          | good with tools
        sing a [song/lullaby/hymn]                                | in the [church/choir]                    | happy
        pack a [suitcase/rucksack/bag]                            | in the [bedroom/hall]
          | ready to travel
        """)

    static let errands = Table(
        """
        trouble | to begin | to continue | to finish | result
        there was no [food/bread/meat] in the house | walk to the market | buy [eggs and cheese/fish and carrots]
          | carry the basket home | everybody had enough to eat
        the roof of the [barn/cottage] was leaking | fetch a [long/wooden] ladder | climb up to the roof
          | nail boards over the hole | the rain stayed outside
        the [cow/horse] was ill | send for the animal doctor | boil some [herbs/leaves]
          | give the animal the medicine | the animal was healthy again
        the [front door/garden gate] was stuck | look for the oil | clean the rusty hinges | push with both hands
          | it opened without a sound
        a [letter/parcel] had gone to the wrong house | read the address again | cross the [bridge/square]
          | knock at the right door | the right person got the post
        the little [boat/ship] was sinking | throw the water out with a bucket | stop the hole with a rag
          | row back to the shore | nobody drowned
        a [kitten/cat] was sitting in a tall tree | call the animal by its name | climb from branch to branch
          | put it into a basket | the animal purred on the sofa
        the [clock/watch] in the hall had stopped | open the back of the case | oil the tiny wheels
          | wind the spring | it ticked as before
        the [stove/fireplace] was cold | chop some dry wood | bring the logs inside | light a match
          | the room was warm again
        the [coat/dress] was torn | choose a needle and thread | sew the two edges together | iron the cloth
          | nobody could see the tear
        the [key/ring] was lost | search [every pocket/every drawer] | think of the day before
          | look under the carpet | it was back in its place
        it was the birthday of a [neighbour/cousin] | wrap a present in paper | decorate the room with balloons
          | light the candles on the cake | everybody sang and danced
        the last [train/bus] had left | ask for the way to the inn | walk through the [dark/foggy] streets
          | ring the bell at the door | there was a bed for the night
        the [wolf/fox] was stealing the hens | build a high fence | hide behind the barn
          | chase the thief into the woods | the hens slept in peace
        """)
}
