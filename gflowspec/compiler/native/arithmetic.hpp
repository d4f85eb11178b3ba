// Arithmetic of the expressions of an environment, with the meaning that torch gives it.

#include <cmath>
#include <cstdint>

namespace {

inline int64_t times(int64_t a, int64_t b) { return a * b; }

// Its result passes through memory, so that it is never fused with an addition that follows.
inline double times(double a, double b) {
  double result = a * b;
  __asm__("" : "+m"(result));
  return result;
}

// Divisions that no result depends on may divide by 0; they must not stop the program.
inline int64_t floor_divided(int64_t a, int64_t b) {
  if (b == 0) return 0;
  const int64_t quotient = a / b;
  return quotient - (quotient * b != a && (a < 0) != (b < 0));
}

inline int64_t remainder_of(int64_t a, int64_t b) { return a - floor_divided(a, b) * b; }

inline int64_t power(int64_t base, int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  uint64_t result = 1, factor = static_cast<uint64_t>(base);
  for (; exponent; exponent >>= 1, factor *= factor)
    if (exponent & 1) result *= factor;
  return static_cast<int64_t>(result);
}

inline int64_t absolute(int64_t a) { return a < 0 ? -a : a; }

inline double absolute(double a) { return std::fabs(a); }

// NaN passes through both.
template <typename T>
inline T lesser(T a, T b) { return a < b || a != a ? a : b; }

template <typename T>
inline T greater(T a, T b) { return a > b || a != a ? a : b; }

// A place that is read must exist, even where nothing depends on what stands there.
inline int64_t within(int64_t place, int64_t size) {
  return place < 0 ? 0 : place < size ? place : size - 1;
}

}  // namespace
