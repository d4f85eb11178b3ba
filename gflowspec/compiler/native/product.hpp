// Products of few rows with a matrix, and elementwise functions: what a small perceptron needs.
//
// A matrix is packed once for a rollout, as panels of PANEL columns that lie together: a panel
// stays in the first cache while all rows pass it. A tile of rows x PANEL sums is held in
// registers over the whole depth.

#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

#if defined(__AVX512F__)
constexpr int LANES = 16, TALL = 12;
#elif defined(__AVX__)
constexpr int LANES = 8, TALL = 6;
#elif defined(__aarch64__)
constexpr int LANES = 4, TALL = 12;
#else
constexpr int LANES = 4, TALL = 6;
#endif
constexpr int WIDE = 2;
constexpr int PANEL = WIDE * LANES;

typedef float Vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

constexpr int64_t padded(int64_t columns) { return (columns + PANEL - 1) / PANEL * PANEL; }

inline Vector load(const float* from) { return *reinterpret_cast<const Vector*>(from); }

inline void store(float* to, Vector value) { *reinterpret_cast<Vector*>(to) = value; }

// out[r, 0 .. columns) = bias + x[r, :] panel for ROWS rows.
template <int ROWS>
void tile(const float* x, int64_t x_stride, const float* panel, int64_t depth, const float* bias,
          float* out, int64_t out_stride, int64_t columns) {
  Vector sums[ROWS][WIDE];
#pragma GCC unroll 16
  for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 4
    for (int w = 0; w < WIDE; ++w) sums[r][w] = load(bias + w * LANES);
#pragma GCC unroll 2
  for (int64_t k = 0; k < depth; ++k) {
    Vector row[WIDE];
#pragma GCC unroll 4
    for (int w = 0; w < WIDE; ++w) row[w] = load(panel + k * PANEL + w * LANES);
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; ++r) {
      const float factor = x[r * x_stride + k];
#pragma GCC unroll 4
      for (int w = 0; w < WIDE; ++w) sums[r][w] += factor * row[w];
    }
  }
  if (columns >= PANEL) {
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 4
      for (int w = 0; w < WIDE; ++w) store(out + r * out_stride + w * LANES, sums[r][w]);
    return;
  }
#pragma GCC unroll 16
  for (int r = 0; r < ROWS; ++r) {
    float whole[PANEL];
#pragma GCC unroll 4
    for (int w = 0; w < WIDE; ++w) store(whole + w * LANES, sums[r][w]);
    std::memcpy(out + r * out_stride, whole, sizeof(float) * columns);
  }
}

typedef void (*Tile)(const float*, int64_t, const float*, int64_t, const float*, float*, int64_t,
                     int64_t);

template <int ROWS>
struct Tiles : Tiles<ROWS - 1> {
  explicit Tiles(Tile* table) : Tiles<ROWS - 1>(table) { table[ROWS] = tile<ROWS>; }
};
template <>
struct Tiles<0> {
  explicit Tiles(Tile*) {}
};

// out [rows, columns] = x [rows, depth] matrix + bias; the matrix and the bias are packed.
void product(const float* x, int64_t x_stride, int64_t rows, const float* panels, int64_t depth,
             const float* bias, int64_t columns, float* out, int64_t out_stride) {
  static const struct Table {
    Tile of[TALL + 1];
    Table() { Tiles<TALL> fill(of); }
  } table;
  const int64_t blocks = (rows + TALL - 1) / TALL;
  for (int64_t c = 0; c < columns; c += PANEL) {
    for (int64_t b = 0; b < blocks; ++b) {
      const int64_t first = rows * b / blocks, last = rows * (b + 1) / blocks;
      table.of[last - first](x + first * x_stride, x_stride, panels + c * depth, depth, bias + c,
                             out + first * out_stride + c, out_stride, columns - c);
    }
  }
}

// Panels of a matrix whose element (k, c) stands at from[k * down + c * right].
void pack(const float* from, int64_t depth, int64_t columns, int64_t down, int64_t right,
          float* panels) {
  for (int64_t c = 0; c < columns; c += PANEL) {
    const int64_t here = columns - c < PANEL ? columns - c : PANEL;
    for (int64_t k = 0; k < depth; ++k, panels += PANEL) {
      for (int64_t j = 0; j < here; ++j) panels[j] = from[k * down + (c + j) * right];
      for (int64_t j = here; j < PANEL; ++j) panels[j] = 0;
    }
  }
}

// exp to about 1e-7 relative, without branches, so that a loop over it becomes vectors. NaN stays.
inline float exponential(float x) {
  x = x > 88.3f ? 88.3f : x;
  x = x < -87.3f ? -87.3f : x;
  const float turns = std::floor(x * 1.44269504f + 0.5f);
  const float rest = (x - turns * 0.693359375f) + turns * 2.12194440e-4f;
  float series = 1.9875691500e-4f;
  series = series * rest + 1.3981999507e-3f;
  series = series * rest + 8.3334519073e-3f;
  series = series * rest + 4.1665795894e-2f;
  series = series * rest + 1.6666665459e-1f;
  series = series * rest + 5.0000001201e-1f;
  series = series * rest * rest + rest + 1.0f;
  const int32_t bits = (static_cast<int32_t>(turns) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return series * power;
}

// Activations by their name in `.gfs`. Each says whether its output is what a layer keeps (its
// input otherwise).
struct linear {
  static constexpr bool keeps_output = true;
  static inline float of(float x) { return x; }
};

struct relu {
  static constexpr bool keeps_output = true;
  static inline float of(float x) { return x < 0 ? 0 : x; }
};

struct leaky_relu {
  static constexpr bool keeps_output = true;
  static inline float of(float x) { return x < 0 ? 0.01f * x : x; }
};

struct tanh_ {
  static constexpr bool keeps_output = true;
  static inline float of(float x) { return 1 - 2 / (exponential(2 * x) + 1); }
};

struct silu {
  static constexpr bool keeps_output = false;
  static inline float of(float x) { return x / (1 + exponential(-x)); }
};

// With the error function by Abramowitz and Stegun 7.1.26, to 1.5e-7.
struct gelu {
  static constexpr bool keeps_output = false;
  static inline float of(float x) {
    const float z = std::fabs(x) * 0.70710678f;
    const float t = 1 / (1 + 0.3275911f * z);
    float series = 1.061405429f;
    series = series * t - 1.453152027f;
    series = series * t + 1.421413741f;
    series = series * t - 0.284496736f;
    series = series * t + 0.254829592f;
    const float tail = series * t * exponential(-z * z);
    return 0.5f * x * (x < 0 ? tail : 2 - tail);
  }
};

}  // namespace
