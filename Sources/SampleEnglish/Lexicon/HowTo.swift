extension Lexicon {
    static let howTos = Table(
        """
        to do | needs | tool | begin | continue | finish | sign
        bake an apple pie | [four/six] apples, butter and flour | a rolling pin
          | peel the apples and cut them into slices | roll out the dough | put the pie into the hot oven
          | the crust is golden
        make pancakes | [two/three] eggs, milk and flour | a frying pan | beat the eggs with the milk
          | stir the flour into the bowl | fry the batter on both sides | both sides are brown
        cook vegetable soup | [three/five] carrots, leeks and salt | a big pot | chop the vegetables on a board
          | cover them with water | boil the soup on the stove | the carrots are soft
        make strawberry jam | [two/four] pounds of strawberries and sugar | a wooden spoon
          | wash the strawberries | mix the fruit with the sugar | pour the jam into clean jars | the jam is thick
        brew a pot of tea | [two/three] spoons of tea and fresh water | a kettle | fill the kettle with water
          | warm the pot | pour the boiling water over the leaves | the tea is dark
        plant a tree | [a young/a small] tree and some compost | a spade | dig a deep hole | spread out the roots
          | fill the hole with earth | the trunk stands straight
        grow tomatoes | [ten/twenty] seeds and good soil | a watering can | sow the seeds in little pots
          | set the plants in a sunny bed | tie them to a stick | the fruit is red
        paint a fence | [one/two] tins of paint | a wide brush | scrape off the old paint | brush the dust away
          | paint the boards from top to bottom | the wood is covered
        light a campfire | [dry/thin] twigs and three logs | a box of matches | make a ring of stones
          | pile up the twigs | hold a match to the paper | the logs are glowing
        build a bird house | [six/eight] boards and nails | a saw | saw the boards to the right length
          | cut a round hole in the front | nail the walls together | the roof keeps the rain out
        catch a trout | [a long/a thin] line and a worm | a fishing rod | put the worm on the hook
          | throw the line into the stream | wait without a sound | the float goes under
        fly a kite | [thirty/fifty] yards of string | a strong wind | walk to an open field
          | hold the kite above your head | run against the wind | it climbs into the sky
        """)
}
