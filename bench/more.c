/* more.c: workloads beside the contract: single kernels, to be held against the machine's ceilings,
 * and workloads at other sizes, to see that cost grows as the work does. */
#include "bench/bench.h"
#include "bench/families.h"

#include "wengert.h"

enum { MI16 = 16 << 20, SIDE = 4096, W = 2048 };

/* ---- what the kernels compute --------------------------------------------------------------- */

static wg_var add(const wg_var *x) { return wg_add(x[0], x[1]); }
static wg_var exponential(const wg_var *x) { return wg_exp(x[0]); }
static wg_var hyperbolic_tangent(const wg_var *x) { return wg_tanh(x[0]); }
static wg_var error_function(const wg_var *x) { return wg_erf(x[0]); }
static wg_var logarithm(const wg_var *x) { return wg_log(x[0]); }
static wg_var join(const wg_var *x) { return wg_concat(2, x, 0); }
static wg_var sum(const wg_var *x) { return wg_sum(x[0]); }
static wg_var sum_rows(const wg_var *x) { return wg_sum_over(x[0], WG_AXES(1), 0); }
static wg_var sum_columns(const wg_var *x) { return wg_sum_over(x[0], WG_AXES(0), 0); }
static wg_var softmax(const wg_var *x) { return wg_softmax(x[0], 1); }
static wg_var normalise(const wg_var *x) {
    return wg_batch_norm(x[0], x[1], x[2], WG_NONE, WG_NONE, 1e-5);
}
static wg_var pool(const wg_var *x) {
    wg_pool2d_options o = {.window = {2, 2}, .stride = {2, 2}};
    return wg_max_pool2d(x[0], &o);
}
static wg_var product(const wg_var *x) { return wg_matmul(x[0], x[1]); }

/* ---- their sizes ---------------------------------------------------------------------------- */

#define KERNEL(label, make, part, dtype, n, wanted, ...)                                           \
    static const wg_bench_kernel label = {make, part, dtype, n, wanted, {__VA_ARGS__}};
#define FLAT(n) {1, {n}}
#define MATRIX(m, n) {2, {m, n}}
#define STACK(k, m, n) {3, {k, m, n}}
#define IMAGES(n, side, c) {4, {n, side, side, c}}

KERNEL(add16m, add, WG_BENCH_FORWARD, WG_F32, 2, 0, FLAT(MI16), FLAT(MI16))
KERNEL(exp16m, exponential, WG_BENCH_FORWARD, WG_F32, 1, 0, FLAT(MI16))
KERNEL(tanh16m, hyperbolic_tangent, WG_BENCH_FORWARD, WG_F32, 1, 0, FLAT(MI16))
KERNEL(tanh16m_back, hyperbolic_tangent, WG_BENCH_REVERSE, WG_F32, 1, 1, FLAT(MI16))
KERNEL(erf16m, error_function, WG_BENCH_FORWARD, WG_F32, 1, 0, FLAT(MI16))
KERNEL(log16m, logarithm, WG_BENCH_FORWARD, WG_F32, 1, 0, FLAT(MI16))
KERNEL(concat16m, join, WG_BENCH_FORWARD, WG_F32, 2, 0, FLAT(MI16 / 2), FLAT(MI16 / 2))
KERNEL(sum16m, sum, WG_BENCH_FORWARD, WG_F32, 1, 0, FLAT(MI16))
KERNEL(sum_rows16m, sum_rows, WG_BENCH_FORWARD, WG_F32, 1, 0, MATRIX(SIDE, SIDE))
KERNEL(sum_columns16m, sum_columns, WG_BENCH_FORWARD, WG_F32, 1, 0, MATRIX(SIDE, SIDE))
KERNEL(softmax16m, softmax, WG_BENCH_FORWARD, WG_F32, 1, 0, MATRIX(16384, 1024))
KERNEL(softmax16m_back, softmax, WG_BENCH_REVERSE, WG_F32, 1, 1, MATRIX(16384, 1024))
KERNEL(norm16m, normalise, WG_BENCH_FORWARD, WG_F32, 3, 0, IMAGES(256, 32, 64), FLAT(64), FLAT(64))
KERNEL(norm16m_back, normalise, WG_BENCH_REVERSE, WG_F32, 3, 7, IMAGES(256, 32, 64), FLAT(64),
       FLAT(64))
KERNEL(pool16m, pool, WG_BENCH_FORWARD, WG_F32, 1, 0, IMAGES(256, 32, 64))
KERNEL(pool16m_back, pool, WG_BENCH_REVERSE, WG_F32, 1, 1, IMAGES(256, 32, 64))

static const wg_bench_update sgd16m = {"sgd", MI16}, momentum16m = {"momentum", MI16},
                             adam16m = {"adam", MI16};

KERNEL(product2048, product, WG_BENCH_FORWARD, WG_F32, 2, 0, MATRIX(W, W), MATRIX(W, W))
KERNEL(product2048_left, product, WG_BENCH_REVERSE, WG_F32, 2, 1, MATRIX(W, W), MATRIX(W, W))
KERNEL(product2048_right, product, WG_BENCH_REVERSE, WG_F32, 2, 2, MATRIX(W, W), MATRIX(W, W))
KERNEL(product512, product, WG_BENCH_FORWARD, WG_F32, 2, 0, MATRIX(512, 512), MATRIX(512, 512))
KERNEL(product_batched, product, WG_BENCH_BOTH, WG_F32, 2, 3, STACK(64, 256, 256),
       STACK(64, 256, 256))
KERNEL(product_skinny, product, WG_BENCH_BOTH, WG_F32, 2, 3, MATRIX(32768, 64), MATRIX(64, 64))
KERNEL(product_vector, product, WG_BENCH_FORWARD, WG_F32, 2, 0, MATRIX(SIDE, SIDE),
       MATRIX(SIDE, 1))
KERNEL(product_f64, product, WG_BENCH_BOTH, WG_F64, 2, 3, MATRIX(1024, 1024), MATRIX(1024, 1024))

/* 3x3, `in` to `out` channels, 32 images of 32x32 */
#define CONV(label, part, wanted, in, out)                                                         \
    KERNEL(label, wg_bench_conv, part, WG_F32, 2, wanted, IMAGES(32, 32, in), {4, {out, 3, 3, in}})
#define CONV_PARTS(c)                                                                              \
    CONV(conv##c##_forward, WG_BENCH_FORWARD, 0, c, c)                                             \
    CONV(conv##c##_input, WG_BENCH_REVERSE, 1, c, c)                                               \
    CONV(conv##c##_weight, WG_BENCH_REVERSE, 2, c, c)
CONV_PARTS(16)
CONV_PARTS(32)
CONV_PARTS(64)
CONV_PARTS(128)
CONV(conv3_16, WG_BENCH_BOTH, 2, 3, 16)
CONV(conv16, WG_BENCH_BOTH, 3, 16, 16)
CONV(conv32, WG_BENCH_BOTH, 3, 32, 32)
CONV(conv256, WG_BENCH_BOTH, 3, 256, 256)

static const wg_bench_replay replay_a_batch = {{wg_bench_scalar_a, 250000}, 32};
static const wg_bench_replay replay_b_batch = {{wg_bench_scalar_b, 250000}, 32};
static const wg_bench_replay replay_c_batch = {{wg_bench_scalar_c, 250000}, 32};
static const wg_bench_scalar scalar_a_x10 = {wg_bench_scalar_a, 2500000},
                             scalar_c_x10 = {wg_bench_scalar_c, 2500000};
static const wg_bench_moons moons_x10 = {1000};
static const wg_bench_lstm lstm_b320 = {320};
static const wg_bench_network mlp_x10 = {"FC512-RELU-FC512-RELU", "adam", 1280, 1, 1, 784};
static const wg_bench_network cnn_x10 = {
    "(CONV3x32-RELU)*2-POOL2-(CONV3x64-RELU)*2-POOL2-FC256-RELU", "adam", 640, 32, 32, 3};
#define WIDE(w)                                                                                    \
    static const wg_bench_network mlp_w##w = {"FC" #w "-RELU-FC" #w "-RELU", "momentum", 512, 1,   \
                                              1, w};
WIDE(256)
WIDE(512)
WIDE(1024)
WIDE(2048)

/* ---- the list ------------------------------------------------------------------------------- */

#define ROW(label, work, unit, family, text)                                                       \
    { #label, text, work, unit, wg_bench_##family##_new, wg_bench_##family##_step,                 \
      wg_bench_##family##_free, &label }
#define ARRAYS(label, count, text) ROW(label, 4.0 * (count) * MI16, WG_BENCH_BYTES, kernel, text)
#define UPDATE(label, count, text) ROW(label, 4.0 * (count) * MI16, WG_BENCH_BYTES, update, text)
#define PRODUCT(label, count, text) ROW(label, 2.0 * (count), WG_BENCH_FLOPS, kernel, text)
#define CONVOLVED(label, count, in, out, part)                                                     \
    ROW(label, 2.0 * (count) * 32 * 1024 * 9 * (in) * (out), WG_BENCH_FLOPS, kernel,               \
        "convolution " #in " to " #out ", 3x3, 32x32, batch 32, " part)
#define CONVOLVED_PARTS(c)                                                                         \
    CONVOLVED(conv##c##_forward, 1, c, c, "forward"),                                              \
        CONVOLVED(conv##c##_input, 1, c, c, "to the input"),                                       \
        CONVOLVED(conv##c##_weight, 1, c, c, "to the weights")
#define WIDTH(w)                                                                                   \
    ROW(mlp_w##w, 6.0 * 512 * (2.0 * w * w + 10 * w), WG_BENCH_FLOPS, network,                     \
        "a step of " #w "-" #w "-" #w "-10, batch 512, momentum")

const wg_workload wg_more_workloads[] = {
    ARRAYS(concat16m, 2, "two arrays to one of 16 Mi elements"),
    ARRAYS(add16m, 3, "x + y, 16 Mi elements, forward"),
    ARRAYS(exp16m, 2, "exp x, 16 Mi elements, forward"),
    ARRAYS(tanh16m, 2, "tanh x, 16 Mi elements, forward"),
    ARRAYS(tanh16m_back, 3, "tanh x, reverse"),
    ARRAYS(erf16m, 2, "erf x, 16 Mi elements, forward"),
    ARRAYS(log16m, 2, "log x, 16 Mi elements, forward"),
    ARRAYS(sum16m, 1, "sum over 16 Mi elements"),
    ARRAYS(sum_rows16m, 1, "sum of each row of 4096x4096"),
    ARRAYS(sum_columns16m, 1, "sum of each column of 4096x4096"),
    ARRAYS(softmax16m, 2, "softmax of 16384 rows of 1024, forward"),
    ARRAYS(softmax16m_back, 3, "softmax, reverse"),
    ARRAYS(norm16m, 3, "batch normalisation of 256x32x32x64, forward: x twice, y"),
    ARRAYS(norm16m_back, 5, "batch normalisation, reverse: x and g twice, dx"),
    ARRAYS(pool16m, 1.25, "the largest of each 2x2 of 256x32x32x64, forward"),
    ARRAYS(pool16m_back, 1.25, "max pooling, reverse"),
    UPDATE(sgd16m, 3, "a step of SGD over 16 Mi numbers"),
    UPDATE(momentum16m, 5, "a step of SGD with momentum"),
    UPDATE(adam16m, 7, "a step of Adam"),
    PRODUCT(product2048, 1.0 * W * W * W, "2048x2048 times 2048x2048, forward"),
    PRODUCT(product2048_left, 1.0 * W * W * W, "2048x2048, to the left operand"),
    PRODUCT(product2048_right, 1.0 * W * W * W, "2048x2048, to the right operand"),
    PRODUCT(product512, 512.0 * 512 * 512, "512x512 times 512x512, forward"),
    PRODUCT(product_batched, 3 * 64.0 * 256 * 256 * 256, "64 of 256x256, forward and backward"),
    PRODUCT(product_skinny, 3 * 32768.0 * 64 * 64, "32768x64 times 64x64, forward and backward"),
    ROW(product_vector, 4.0 * SIDE * SIDE, WG_BENCH_BYTES, kernel,
        "4096x4096 times a vector, forward"),
    ROW(product_f64, 6.0 * 1024 * 1024 * 1024, WG_BENCH_FLOPS64, kernel,
        "float64, 1024x1024, forward and backward"),
    CONVOLVED_PARTS(16),
    CONVOLVED_PARTS(32),
    CONVOLVED_PARTS(64),
    CONVOLVED_PARTS(128),
    CONVOLVED(conv3_16, 2, 3, 16, "forward and to the weights"),
    CONVOLVED(conv16, 3, 16, 16, "forward and backward"),
    CONVOLVED(conv32, 3, 32, 32, "forward and backward"),
    CONVOLVED(conv256, 3, 256, 256, "forward and backward"),
    WIDTH(256),
    WIDTH(512),
    WIDTH(1024),
    WIDTH(2048),
    ROW(mlp_x10, 6.0 * 1280 * (784 * 512 + 512 * 512 + 5120), WG_BENCH_FLOPS, network,
        "mlp, batch 1280"),
    ROW(cnn_x10,
        6.0 * 640 *
            (1024 * (9 * 3 * 32 + 9 * 32 * 32) + 256 * (9 * 32 * 64 + 9 * 64 * 64) + 4096 * 256 +
             2560),
        WG_BENCH_FLOPS, network, "cnn, batch 640"),
    ROW(lstm_b320, 6.0 * 64 * 320 * ((64 + 128) * 512 + 128 * 64), WG_BENCH_FLOPS, lstm,
        "lstm_b32, batch 320"),
    ROW(moons_x10, 6.0 * 1000 * (32 + 256 + 16), WG_BENCH_FLOPS, moons, "moons, 1,000 points"),
    ROW(replay_a_batch, 32 * 1e6, WG_BENCH_OPS, replay, "scalar_a compiled, at 32 points"),
    ROW(replay_b_batch, 32 * 1e6, WG_BENCH_OPS, replay, "scalar_b compiled, at 32 points"),
    ROW(replay_c_batch, 32 * 5e5, WG_BENCH_OPS, replay, "scalar_c compiled, at 32 points"),
    ROW(scalar_a_x10, 1e7, WG_BENCH_OPS, scalar, "scalar_a, 2,500,000 iterations"),
    ROW(scalar_c_x10, 5e6, WG_BENCH_OPS, scalar, "scalar_c, 2,500,000 iterations"),
    {.name = NULL},
};
