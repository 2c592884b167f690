/* isa.c - the kernels of one instruction set. Compiled once for each, with DC_CPU_ISA set to its name and
 * the compiler's flags to match; all functions are static, so that none of them can be called on a CPU
 * that lacks the instructions. */
#include "device/cpu/kernels/vec.h"

#include <math.h>
#include <string.h>

#include "device/cpu/kernels/channels.inc"
#include "device/cpu/kernels/multiply.inc"
#include "device/cpu/kernels/transform.inc"

#define PASTE(name, isa)  name##_##isa
#define EXPAND(name, isa) PASTE(name, isa)
#define TEXT(isa)         #isa
#define EXPAND_TEXT(isa)  TEXT(isa)

const dc_cpu_kernels EXPAND(dc_cpu_kernels, DC_CPU_ISA) = {
    .name = EXPAND_TEXT(DC_CPU_ISA),
    .rows = ROWS,
    .columns = COLUMNS,
    .y_width = Y_WIDTH,
    .multiply = multiply,
    .outer = outer,
    .pixels_to_v = pixels_to_v,
    .pixels_to_y = pixels_to_y,
    .m_to_pixels = m_to_pixels,
    .weights_down = weights_down,
    .weights_up = weights_up,
    .weights_gradient = weights_gradient,
    .activate = activate,
    .differentiate = differentiate,
    .moments = moments,
    .backward = backward,
    .add = add,
    .dot = dot,
    .tanh = hyperbolic_tangent,
    .adam = adam,
    .to_pixels = to_pixels,
    .gather = gather,
    .overlap = overlap,
};
