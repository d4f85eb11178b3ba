// A rollout of an environment under a perceptron, step by step, into given buffers.
//
// What stands before this text says, for one experiment: WIDTH columns of a state, ACTIONS, STOP (or
// -1), the functions mask_of, step_of and is_terminal; the kind of the first layer in INPUT,
// FEATURES it feeds to a product, LAYERS of outputs KEPT[] wide, and the activation Activation.

namespace {

// Most rows that pass through all layers together: their activations stay in the second cache.
constexpr int64_t ROWS = 48;

constexpr int64_t largest() {
  int64_t most = FEATURES;
  for (int64_t layer = 0; layer < LAYERS; ++layer)
    if (KEPT[layer] > most) most = KEPT[layer];
  return most;
}

// Layers with a product; the first layer is a sum of rows or has one too.
constexpr int64_t PLAIN = INPUT == SUM ? 1 : 0;

constexpr int64_t depth_of(int64_t layer) { return layer ? KEPT[layer - 1] : FEATURES; }

constexpr int64_t weights_of(int64_t layer) { return (depth_of(layer) + 1) * padded(KEPT[layer]); }

constexpr int64_t weights_before(int64_t layer) {
  int64_t total = 0;
  for (int64_t i = PLAIN; i < layer; ++i) total += weights_of(i);
  return total;
}

constexpr int64_t HIDDEN = KEPT[LAYERS - 1];
constexpr int64_t HEAD = weights_before(LAYERS);
constexpr int64_t SCRATCH = HEAD + (HIDDEN + 1) * padded(ACTIONS);
constexpr int64_t LOGITS = SCRATCH + 2 * ROWS * largest();
constexpr int64_t WORKSPACE = LOGITS + ROWS * padded(ACTIONS);

}  // namespace

extern "C" {

// The order of the fields is that of `Walk` in library.py.
struct Walk {
  int64_t alive;     // rows that go on
  int64_t steps;     // steps recorded
  int64_t recorded;  // rows recorded
  int64_t forced;    // trajectories that were forced to end
  int64_t stuck;     // 1 + a recorded row in which no action is legal; 0 if there is none
  int64_t draws;     // numbers of noise for each row of a step
  int64_t noisy;     // rows of noise for each step
  int64_t* current;             // [alive, WIDTH]
  int64_t* current_trajectory;  // [alive]
  int64_t* counts;              // [steps]
  int64_t* states;              // [recorded, WIDTH]
  int64_t* trajectory;          // [recorded]
  int64_t* actions;             // [recorded]
  uint8_t* masks;               // [recorded, ACTIONS]
  float** kept;                 // LAYERS times [recorded, KEPT[layer]]; null keeps nothing
  int64_t* forced_states;       // [forced, WIDTH]
  int64_t* forced_trajectory;   // [forced]
  const float** tensors;        // see `prepare`
  float* workspace;             // WORKSPACE numbers
};

int64_t workspace(void) { return WORKSPACE; }

// Packs the weights. Tensors: the table of the first layer (rows that are summed, scales, or
// vectors); its bias if rows are summed; weight [in, out] and bias of each product; weight
// [ACTIONS, in] of the head and its bias, null if the noise has it.
void prepare(const Walk* walk) {
  const float* const* tensors = walk->tensors + 1 + PLAIN;
  float* to = walk->workspace;
  for (int64_t layer = PLAIN; layer < LAYERS; ++layer, tensors += 2) {
    const int64_t depth = depth_of(layer), columns = KEPT[layer];
    pack(tensors[0], depth, columns, columns, 1, to);
    to += depth * padded(columns);
    std::memset(to, 0, sizeof(float) * padded(columns));
    std::memcpy(to, tensors[1], sizeof(float) * columns);
    to += padded(columns);
  }
  pack(tensors[0], HIDDEN, ACTIONS, 1, HIDDEN, to);
  to += HIDDEN * padded(ACTIONS);
  std::memset(to, 0, sizeof(float) * padded(ACTIONS));
  if (tensors[1]) std::memcpy(to, tensors[1], sizeof(float) * ACTIONS);
}

}  // extern "C"

namespace {

void activate(const float* numbers, int64_t count, float* out) {
  for (int64_t i = 0; i < count; ++i) out[i] = Activation::of(numbers[i]);
}

void sum_rows(const Walk& walk, const int64_t* states, int64_t rows, float* out) {
  const float *table = walk.tensors[0], *bias = walk.tensors[1];
  for (int64_t r = 0; r < rows; ++r, states += WIDTH, out += KEPT[0]) {
    for (int64_t c = 0; c < KEPT[0]; ++c) out[c] = bias[c];
    for (int64_t j = 0; j < WIDTH; ++j) {
      const float* row = table + (OFFSETS[j] + states[j]) * KEPT[0];
      for (int64_t c = 0; c < KEPT[0]; ++c) out[c] += row[c];
    }
  }
}

void read_features(const Walk& walk, const int64_t* states, int64_t rows, float* out) {
  const float* table = walk.tensors[0];
  constexpr int64_t wide = FEATURES / WIDTH;
  for (int64_t r = 0; r < rows; ++r, states += WIDTH, out += FEATURES) {
    for (int64_t j = 0; j < WIDTH; ++j) {
      if (INPUT == SCALED) out[j] = static_cast<float>(states[j]) * table[j];
      else std::memcpy(out + j * wide, table + (OFFSETS[j] + states[j]) * wide, 4 * wide);
    }
  }
}

// Output of the trunk for at most ROWS states; what layers keep goes to row `at` of `kept`.
const float* trunk(const Walk& walk, const int64_t* states, int64_t rows, int64_t at) {
  float* const scratch[2] = {walk.workspace + SCRATCH, walk.workspace + SCRATCH + ROWS * largest()};
  const float* weights = walk.workspace;
  const float* hidden = scratch[1];
  if (INPUT != SUM) read_features(walk, states, rows, scratch[1]);
  for (int64_t layer = 0; layer < LAYERS; ++layer) {
    const int64_t columns = KEPT[layer], depth = depth_of(layer);
    float* out = walk.kept ? walk.kept[layer] + at * columns : scratch[layer % 2];
    if (layer < PLAIN) {
      sum_rows(walk, states, rows, out);
    } else {
      const float* bias = weights + depth * padded(columns);
      product(hidden, depth, rows, weights, depth, bias, columns, out, columns);
      weights = bias + padded(columns);
    }
    // In place, unless the input of the activation is kept.
    float* active = walk.kept && !Activation::keeps_output ? scratch[layer % 2] : out;
    activate(out, rows * columns, active);
    hidden = active;
  }
  return hidden;
}

int64_t first_legal(const uint8_t* mask) {
  for (int64_t a = 0; a < ACTIONS; ++a)
    if (mask[a]) return a;
  return 0;
}

// argmax of logits with noise over the legal actions; NaN wins, and nothing is below -FLT_MAX.
int64_t greatest(const float* logits, const float* noise, const uint8_t* mask) {
  int64_t best = -1;
  float most = 0;
  for (int64_t a = 0; a < ACTIONS; ++a) {
    if (!mask[a]) continue;
    float value = logits[a] + noise[a];
    if (value != value) return a;
    if (value < -__FLT_MAX__) value = -__FLT_MAX__;
    if (best < 0 || value > most) best = a, most = value;
  }
  return best < 0 ? 0 : best;
}

// Inverse of the cumulative distribution at a uniform number; writes into the logits.
int64_t inverted(float* logits, float uniform, const uint8_t* mask) {
  float most = -1e30f;
  for (int64_t a = 0; a < ACTIONS; ++a) {
    logits[a] = mask[a] ? logits[a] : -1e30f;
    most = logits[a] > most ? logits[a] : most;
  }
  for (int64_t a = 0; a < ACTIONS; ++a) logits[a] = exponential(logits[a] - most);
  double total = 0;
  for (int64_t a = 0; a < ACTIONS; ++a) total += logits[a];
  double sum = 0;
  int64_t last = 0;
  for (int64_t a = 0; a < ACTIONS; ++a) {
    if (!mask[a]) continue;
    sum += logits[a];
    last = a;
    if (sum > uniform * total) return a;
  }
  return sum == sum ? last : first_legal(mask);
}

}  // namespace

extern "C" {

// What layers keep at `rows` states, from row `at` on.
void evaluate(const Walk* walk, const int64_t* states, int64_t rows, int64_t at) {
  for (int64_t r = 0; r < rows; r += ROWS)
    trunk(*walk, states + r * WIDTH, rows - r < ROWS ? rows - r : ROWS, at + r);
}

// Records states, masks and actions of the rows that are alive. If one is stuck, no step may follow:
// what an illegal action leads to is no state.
void choose(Walk* walk, const float* noise) {
  const int64_t alive = walk->alive, at = walk->recorded, *states = walk->current;
  std::memcpy(walk->states + at * WIDTH, states, sizeof(int64_t) * alive * WIDTH);
  std::memcpy(walk->trajectory + at, walk->current_trajectory, sizeof(int64_t) * alive);
  uint8_t* mask = walk->masks + at * ACTIONS;
  for (int64_t r = 0; r < alive; ++r) {
    mask_of(states + r * WIDTH, mask + r * ACTIONS);
    if (!std::memchr(mask + r * ACTIONS, 1, ACTIONS)) walk->stuck = 1 + at + r;
  }
  const float* head = walk->workspace + HEAD;
  float* logits = walk->workspace + LOGITS;
  for (int64_t first = 0; first < alive; first += ROWS) {
    const int64_t rows = alive - first < ROWS ? alive - first : ROWS;
    const float* hidden = trunk(*walk, states + first * WIDTH, rows, at + first);
    product(hidden, HIDDEN, rows, head, HIDDEN, head + HIDDEN * padded(ACTIONS), ACTIONS, logits,
            padded(ACTIONS));
    for (int64_t r = 0; r < rows; ++r) {
      const float* drawn = noise + (first + r) * walk->draws;
      float* values = logits + r * padded(ACTIONS);
      const uint8_t* legal = mask + (first + r) * ACTIONS;
      walk->actions[at + first + r] =
          walk->draws == 1 ? inverted(values, *drawn, legal) : greatest(values, drawn, legal);
    }
  }
}

// Takes the recorded actions of the rows that are alive, and drops those that ended.
void move(Walk* walk) {
  const int64_t alive = walk->alive, *actions = walk->actions + walk->recorded;
  int64_t left = 0, after[WIDTH];
  for (int64_t r = 0; r < alive; ++r) {
    step_of(walk->current + r * WIDTH, actions[r], after);
    const int64_t trajectory = walk->current_trajectory[r];
    int64_t *states = walk->current + left * WIDTH, *owner = walk->current_trajectory + left;
    if (actions[r] == STOP) continue;
    if (is_terminal(after)) {
      states = walk->forced_states + walk->forced * WIDTH;
      owner = walk->forced_trajectory + walk->forced++;
    } else {
      ++left;
    }
    std::memcpy(states, after, sizeof after);
    *owner = trajectory;
  }
  walk->counts[walk->steps++] = alive;
  walk->recorded += alive;
  walk->alive = left;
}

// At most so many steps, until all trajectories have ended or one is stuck.
void go(Walk* walk, const float* noise, int64_t steps) {
  for (int64_t step = 0; step < steps && walk->alive; ++step) {
    choose(walk, noise + step * walk->noisy * walk->draws);
    if (walk->stuck) return;
    move(walk);
  }
}

}  // extern "C"
