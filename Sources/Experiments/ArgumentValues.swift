import ArgumentParser
import Bert
import Checkpoints
import Tensors
import Tokenization
import Training

// Choices that a command line makes by their names.
extension WNLIPolicy: ExpressibleByArgument {}
extension Spread: ExpressibleByArgument {}
extension Pooling: ExpressibleByArgument {}
extension VocabularyTrainer.Model: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension DeviceChoice: ExpressibleByArgument {}
extension WeightPrecision: ExpressibleByArgument {}
