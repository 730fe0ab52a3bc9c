"""Laws of networks and of their inputs' statistics: gradients, mirror symmetry, Adam, running moments."""

from __future__ import annotations

import numpy as np
import pytest

from rudel.locomotion.training.nets import Adam, Mlp, SignedPermutation, Symmetry, Workspace
from rudel.locomotion.training.normaliser import Normaliser, moments
from tests.locomotion.networks import difference_quotient, exact, mirror

SIZES = (5, 8, 6, 3)


def test_forward_is_the_formula(rng: np.random.Generator) -> None:
    net = Mlp(SIZES)
    net.flat[:] = rng.normal(size=net.flat.size)
    x = rng.normal(size=(10, 5)).astype(np.float32)
    before = x.copy()
    wanted = exact(SIZES, net.flat.astype(np.float64), x.astype(np.float64))
    np.testing.assert_allclose(net.forward(x), wanted, atol=1e-5)
    np.testing.assert_allclose(Workspace(net, 12).forward(x), wanted, atol=1e-5)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("sizes", [SIZES, (5, 8, 1), (3, 2)])
def test_backward_is_the_difference_quotient(sizes: tuple[int, ...], rng: np.random.Generator) -> None:
    net, n = Mlp(sizes), 6
    net.flat[:] = rng.normal(size=net.flat.size) * 0.5
    x, delta = (rng.normal(size=(n, k)).astype(np.float32) for k in (sizes[0], sizes[-1]))
    work = Workspace(net, n + 3)
    for _ in range(2):  # the second pass finds used buffers
        work.forward(x)
        work.backward(delta.copy())
    wanted = difference_quotient(lambda flat: (exact(sizes, flat, x) * delta).sum(), net.flat.astype(np.float64))
    np.testing.assert_allclose(work.grad, wanted, atol=1e-4)


def test_orthogonal_start(rng: np.random.Generator) -> None:
    net = Mlp((6, 16, 4))
    net.initialise(rng, 0.01)
    w, last = (w.astype(np.float64) for w in net.weights)
    np.testing.assert_allclose(w @ w.T, 2 * np.eye(6), atol=1e-5)
    np.testing.assert_allclose(last.T @ last, 1e-4 * np.eye(4), atol=1e-8)


def test_projection_is_idempotent_and_makes_symmetric(rng: np.random.Generator) -> None:
    net, m_in, m_out = Mlp(SIZES), mirror(rng, 5), mirror(rng, 3)
    net.flat[:] = rng.normal(size=net.flat.size)
    x = rng.normal(size=(10, 5)).astype(np.float32)
    assert np.abs(net.forward(m_in(x)) - m_out(net.forward(x))).max() > 0.1
    symmetry = Symmetry(net, m_in, m_out)
    symmetry.project(net.flat)
    once = net.flat.copy()
    symmetry.project(net.flat)
    np.testing.assert_array_equal(net.flat, once)
    np.testing.assert_allclose(net.forward(m_in(x)), m_out(net.forward(x)), atol=1e-5)
    assert np.abs(once).max() > 0.1


def test_adam_is_the_published_rule(rng: np.random.Generator) -> None:
    flat = rng.normal(size=20).astype(np.float32)
    x, m, v = flat.astype(np.float64), np.zeros(20), np.zeros(20)
    adam = Adam(20)
    for t in range(1, 30):
        grad = rng.normal(size=20).astype(np.float32)
        adam.step(flat, grad, 1e-2)
        m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad.astype(np.float64) ** 2
        x -= 1e-2 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(flat, x, atol=1e-4)


def test_the_normaliser_knows_mean_and_spread_of_data_and_mirror_image(rng: np.random.Generator) -> None:
    m = mirror(rng, 7)
    normaliser = Normaliser(m)
    parts = [rng.normal(rng.normal(size=7), 1 + rng.random(7), (n, 7)).astype(np.float32) for n in (3, 100, 1, 400)]
    for part in parts:
        normaliser.update(moments(part))
    data = np.concatenate(parts).astype(np.float64)
    both = np.concatenate((data, data[:, m.order] * m.signs))
    np.testing.assert_allclose(normaliser.mean, both.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(normaliser.std, np.sqrt(both.var(axis=0) + 1e-4), rtol=1e-5)
    x = parts[1]
    np.testing.assert_allclose(normaliser(x), (x - normaliser.mean) / normaliser.std, atol=1e-5)
    np.testing.assert_allclose(normaliser(m(x)), m(normaliser(x)), atol=1e-5)


def test_a_restored_normaliser_goes_on(rng: np.random.Generator) -> None:
    one, two = Normaliser(SignedPermutation.identity(3)), Normaliser(SignedPermutation.identity(3))
    one.update(moments(rng.normal(2, 3, (50, 3)).astype(np.float32)))
    two.restore(one.state())
    more = rng.normal(size=(20, 3)).astype(np.float32)
    one.update(moments(more))
    two.update(moments(more))
    np.testing.assert_array_equal(one.mean, two.mean)
    np.testing.assert_array_equal(one.std, two.std)
