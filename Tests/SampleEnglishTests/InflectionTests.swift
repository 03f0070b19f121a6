import Testing

@testable import SampleEnglish

@Suite struct InflectionTests {
    @Test(arguments: [
        ("horse", "horses"), ("box", "boxes"), ("church", "churches"), ("puppy", "puppies"), ("boy", "boys"),
        ("child", "children"), ("wolf", "wolves"), ("sheep", "sheep"), ("knife", "knives"), ("goose", "geese"),
    ])
    func pluralsFollowTheSpelling(singular: String, plural: String) {
        #expect(Inflection.plural(singular) == plural)
    }

    @Test(arguments: [
        ("walk", "walks walked walked"), ("stop", "stops stopped stopped"),
        ("carry", "carries carried carried"), ("play", "plays played played"),
        ("bake", "bakes baked baked"), ("wash", "washes washed washed"),
        ("row", "rows rowed rowed"), ("visit", "visits visited visited"),
        ("repair", "repairs repaired repaired"), ("go", "goes went gone"),
        ("have", "has had had"), ("lie", "lies lied lied"), ("write", "writes wrote written"),
        ("begin", "begins began begun"), ("be", "is was been"),
    ])
    func verbsHaveTheirForms(base: String, forms: String) {
        let verb = Inflection.verb(base)
        #expect([verb.thirdPerson, verb.past, verb.participle].joined(separator: " ") == forms)
    }

    @Test(arguments: [
        (Pronoun.she, Tense.past, "was"), (.they, .past, "were"), (.it, .present, "is"), (.they, .present, "are"),
        (.he, .future, "will be"), (.he, .perfect, "has been"), (.they, .perfect, "have been"),
    ])
    func verbsAgree(subject: Pronoun, tense: Tense, wanted: String) {
        let (auxiliary, form) = Inflection.verb("be").agreeing(with: subject, in: tense)
        #expect((auxiliary ?? "") + form == wanted)
    }

    @Test(arguments: [
        ("apple", true), ("pear", false), ("old man", true), ("hour", true), ("honest baker", true), ("horse", false),
        ("one-legged man", false), ("useful tool", false), ("umbrella", true), ("Italian dish", true),
    ])
    func articlesGoBySound(word: String, isAn: Bool) {
        #expect(Article.isAn(before: word.utf8) == isAn)
    }
}
