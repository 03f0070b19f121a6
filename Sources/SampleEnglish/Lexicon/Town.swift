extension Lexicon {
    static let shops = Table(
        """
        name        | keeper     | ware
          | use                        | way
        bakery      | baker      | [a loaf of bread/six rolls/a plum cake]
          | for breakfast              | next to the church
        butcher's   | butcher    | [a pound of beef/ten sausages/a leg of lamb]
          | for the roast on Sunday    | behind the town hall
        chemist's   | chemist    | [cough syrup/a box of pills/a bandage]
          | for the sick child         | beside the hospital
        post office | clerk      | [twelve stamps/a large envelope/a postcard]
          | for the mail to the city   | at the railway station
        bookshop    | bookseller | [a dictionary/a new novel/an atlas]
          | for the English lesson     | opposite the school
        greengrocer's | greengrocer | [a sack of potatoes/two pounds of plums/a cabbage]
          | for the vegetable soup     | under the arches
        toy shop    | salesman   | [a wooden train/a doll/a red kite]
          | for the birthday party     | near the playground
        florist's   | florist    | [a bunch of roses/white lilies/a pot of tulips]
          | for the wedding            | by the cemetery
        shoe shop   | cobbler    | [a pair of boots/brown laces/a tin of polish]
          | for the long walk          | in the narrow lane
        fishmonger's | fishmonger | [two herrings/a fresh trout/a pound of shrimps]
          | for supper on Friday       | down at the harbour
        """)

    static let gifts = Table(
        """
        name                          | to use                                  | praise
        the [blue/red] scarf          | wear it [every morning/in the snow]     | it keeps my neck warm
        the [silver/golden] watch     | look at it [every hour/all the time]    | it shows the right time
        the [thick/old] atlas         | study it [every night/at the desk]      | the maps show every country
        the [little/brown] puppy      | walk with it [in the park/at dawn]      | it barks at every stranger
        the [oil/water] painting      | look at it [every day/from the sofa]    | it hangs above the fireplace
        the [glass/china] teapot      | fill it [every afternoon/with mint tea] | the tea stays hot in it
        the [garden/wild] roses       | water them [every evening/twice a day]  | they smell of summer
        the [tin/wooden] flute        | practise on it [every day/after school] | I know three songs by heart
        the [straw/felt] hat          | wear it [in the garden/on Sundays]      | the sun cannot burn my face
        the [reading/desk] lamp       | switch it on [every night/at dusk]      | I can read until midnight
        """)
}
