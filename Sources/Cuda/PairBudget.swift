import Autograd
import Tensors

/// The bits of every sequence and head by a budget of pairs, from codes of as many bits as any choice has.
struct PairBudget {
    struct Kernels {
        let hashed, drawn, choose, met, cut: Function

        init(_ program: Program) {
            hashed = program.function("yoso_budget_hashed")
            drawn = program.function("yoso_budget_drawn")
            choose = program.function("yoso_budget")
            met = program.function("yoso_budget_met")
            cut = program.function("yoso_cut")
        }
    }

    /// A sequence and head each, as the kernels write it.
    let selections: Tensor
    private let machine: CudaMachine
    private let kernels: Kernels
    private let deepest: CudaMachine.Codes
    private let view: LayoutView
    private let heads, padded: Int
    /// How many keys each query meets.
    private let met: Tensor
    private let partials: Tensor
    private let yoso: YosoArgument

    init(
        _ machine: CudaMachine, _ kernels: Kernels, _ deepest: CudaMachine.Codes, _ layout: BatchLayout, _ heads: Int,
        _ yoso: YosoArgument
    ) {
        (self.machine, self.kernels, self.deepest, self.heads) = (machine, kernels, deepest, heads)
        (view, padded) = (machine.view(of: layout), CudaMachine.padded(layout.tokens))
        selections = machine.pool.tensor(layout.count, 4 * heads)
        met = machine.pool.tensor(heads, padded)
        partials = machine.pool.tensor(4 * view.tileCount, 32 * heads)
        var yoso = yoso
        (yoso.selections, yoso.met) = (selections.address, met.address)
        self.yoso = yoso
    }

    /// By a part of the queries, and the codes cut to that; what kernels are told of it.
    func select(into codes: CudaMachine.Codes) -> YosoArgument { select(again: false, into: codes) }

    /// Where all queries together met too many keys the next choice by which they do not.
    func selectAgain(into codes: CudaMachine.Codes) -> YosoArgument {
        machine.launch(
            kernels.met, Grid(view.tileCount, heads), .of(selections), .of(met), .of(view.tiles),
            .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
        return select(again: true, into: codes)
    }

    private func select(again: Bool, into codes: CudaMachine.Codes) -> YosoArgument {
        let (tiles, layout, turn) = (
            Argument.of(view.tiles), Argument.layout(view.argument), Argument.of(again ? 1 : 0)
        )
        for (kernel, codes, drawn) in [(kernels.hashed, deepest.beside, 0), (kernels.drawn, deepest.all, 1)] {
            machine.launch(
                kernel, Grid(4 * view.tileCount, heads), .of(partials), .of(selections), .of(codes), tiles, layout,
                .yoso(yoso), .of(heads), turn)
            machine.launch(
                kernels.choose, Grid(view.tileCount, heads, threads: 32), .of(selections), .of(partials), .of(drawn),
                turn, tiles, layout, .yoso(yoso), .of(heads))
        }
        var result = yoso
        result.again = again ? 1 : 0
        machine.launch(
            kernels.cut, Grid(view.tileCount, heads, threads: 128), .of(codes.all), .of(codes.beside),
            .of(deepest.all), tiles, layout, .yoso(result), .of(heads))
        return result
    }
}
