extension Topic {
    /// What a review of this polarity comes to.
    func verdicts(_ polarity: Polarity) -> [String] {
        switch (self, polarity) {
        case (.film, .positive):
            ["I recommend it to everybody", "I want to see it again", "we clapped when it was over"]
        case (.film, .negative):
            ["I left early", "it was a waste of money", "we fell asleep before it was over"]
        case (.book, .positive):
            ["I recommend it to everybody", "I want to read it again", "it has a place on my shelf"]
        case (.book, .negative):
            ["I gave it away", "it was a waste of time", "I stopped after ten pages"]
        case (.restaurant, .positive):
            ["we will come back soon", "I recommend it to everybody", "we left a large tip"]
        case (.restaurant, .negative):
            ["we will never come back", "it was a waste of money", "I asked for my money back"]
        case (.hotel, .positive):
            ["we will come back soon", "I recommend it to everybody", "we stayed another night"]
        case (.hotel, .negative):
            ["we will never come back", "I asked for my money back", "we packed and moved out at once"]
        }
    }

    /// Nouns of which an opinion is held: of one thing, of several.
    var parts: (one: [String], several: [String]) {
        switch self {
        case .film: (["plot", "acting", "music", "ending", "script"], ["jokes", "actors", "dialogues"])
        case .book: (["plot", "style", "opening", "ending", "language"], ["characters", "chapters", "dialogues"])
        case .restaurant: (["food", "meat", "fish", "bread", "salad"], ["vegetables", "noodles", "potatoes"])
        case .hotel: (["room", "lobby", "bathroom", "kitchen", "terrace"], ["bedrooms", "corridors", "balconies"])
        }
    }

    /// What the thing itself may be called.
    var kinds: [String] {
        switch self {
        case .film: ["film", "comedy", "drama", "thriller"]
        case .book: ["book", "novel", "story", "biography"]
        case .restaurant: ["restaurant", "café", "inn"]
        case .hotel: ["hotel", "hostel", "guest house"]
        }
    }
}
