"""An exchange on loopback that speaks Binance's protocol, REST and WebSocket, and misbehaves when told to.

Run it by hand: python -m tests.markets.exchange_simulator --port 8765
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

MODES = ("honest", "stall", "disconnect", "reorder", "duplicate", "stale", "future", "lie")
LIES = ("NaN", "0", "-1", "1e308", "Infinity", "", "abc")


@dataclass
class Market:
    """One traded pair."""

    base: str
    quote: str
    price: float

    @property
    def id(self) -> str:
        return self.base + self.quote


@dataclass
class ExchangeSimulator:
    """Prices of made-up markets that walk a little with every message.

    rate : WebSocket messages per second and market
    mode : how it misbehaves just now
    """

    markets: list[Market]
    rate: float = 10.0
    mode: str = "honest"
    factor: float = 1.0
    sent: int = 0
    clients: set[web.WebSocketResponse] = field(default_factory=set)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/v3/exchangeInfo", self.exchange_info)
        app.router.add_get("/api/v3/ticker/24hr", self.day_tickers)
        app.router.add_get("/api/v3/klines", self.klines)
        app.router.add_get("/stream/{number:.*}", self.stream)
        app.router.add_get("/stream", self.stream)
        app.router.add_post("/control", self.control)
        return app

    async def control(self, request: web.Request) -> web.Response:
        """{"mode": one of MODES, "factor": multiplies every price}"""
        asked = await request.json()
        self.mode = asked.get("mode", self.mode)
        self.factor = float(asked.get("factor", self.factor))
        assert self.mode in MODES, self.mode
        if self.mode == "disconnect":
            for client in list(self.clients):
                await client.close()
        return web.json_response({"sent": self.sent, "clients": len(self.clients)})

    async def exchange_info(self, request: web.Request) -> web.Response:
        await self._maybe_stall()
        return web.json_response(
            {
                "timezone": "UTC",
                "serverTime": _now_ms(),
                "rateLimits": [],
                "exchangeFilters": [],
                "symbols": [
                    {
                        "symbol": market.id,
                        "status": "TRADING",
                        "baseAsset": market.base,
                        "baseAssetPrecision": 8,
                        "quoteAsset": market.quote,
                        "quotePrecision": 8,
                        "quoteAssetPrecision": 8,
                        "orderTypes": ["LIMIT", "MARKET"],
                        "isSpotTradingAllowed": True,
                        "isMarginTradingAllowed": False,
                        "permissions": ["SPOT"],
                        "permissionSets": [["SPOT"]],
                        "filters": [{"filterType": "PRICE_FILTER", "minPrice": "0.0001", "tickSize": "0.0001"}],
                    }
                    for market in self.markets
                ],
            }
        )

    async def day_tickers(self, request: web.Request) -> web.Response:
        await self._maybe_stall()
        if self.mode == "disconnect":
            raise web.HTTPServiceUnavailable
        now = _now_ms()
        rows = []
        for market in self.markets:
            price = self._price(market)
            rows.append(
                {
                    "symbol": market.id,
                    "lastPrice": price,
                    "openPrice": f"{market.price:.8f}",
                    "priceChangePercent": "1.25",
                    "highPrice": price,
                    "lowPrice": price,
                    "volume": "1",
                    "quoteVolume": "1",
                    "openTime": now - 86_400_000,
                    "closeTime": now,
                }
            )
        return web.json_response(rows)

    async def klines(self, request: web.Request) -> web.Response:
        market = next(each for each in self.markets if each.id == request.query["symbol"])
        step = {"1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}[request.query["interval"]]
        start = -(-int(request.query["startTime"]) // step) * step
        limit = min(int(request.query.get("limit", 500)), 1000)
        rows = []
        for opens in itertools.islice(range(start, _now_ms(), step), limit):
            base = market.price * (1 + 0.01 * ((opens // step) % 7))
            prices = [f"{base * share:.8f}" for share in (1, 1.002, 0.998, 1.001)]
            rows.append([opens, *prices, "1", opens + step - 1, "1", 1, "1", "1", "0"])
        return web.json_response(rows)

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.clients.add(socket)
        subscribed: set[str] = set()
        sender = asyncio.create_task(self._send_ticks(socket, subscribed))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    asked = json.loads(message.data)
                    subscribed.update(asked.get("params", []))
                    await socket.send_json({"result": None, "id": asked.get("id")})
        finally:
            sender.cancel()
            self.clients.discard(socket)
        return socket

    async def _send_ticks(self, socket: web.WebSocketResponse, subscribed: set[str]) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while True:
                if self.mode == "disconnect":
                    await socket.close()
                    return
                if self.mode != "stall":
                    for market in self.markets:
                        if f"{market.id.lower()}@miniTicker" in subscribed:
                            await socket.send_json(self._message(market))
                            self.sent += 1
                await asyncio.sleep(1 / self.rate)

    def _message(self, market: Market) -> dict[str, Any]:
        stamp = _now_ms()
        if self.mode == "stale":
            stamp -= 60_000
        elif self.mode == "future":
            stamp += 60_000
        elif self.mode == "reorder":
            stamp -= random.choice([0, 3000])
        elif self.mode == "duplicate":
            stamp = stamp // 5000 * 5000
        price = self._price(market)
        return {
            "e": "24hrMiniTicker",
            "E": stamp,
            "s": market.id,
            "c": price,
            "o": f"{market.price:.8f}",
            "h": price,
            "l": price,
            "v": "1",
            "q": "1",
        }

    def _price(self, market: Market) -> str:
        if self.mode == "lie" and self.factor == 1.0:
            return random.choice(LIES)
        market.price *= 1 + random.gauss(0, 1e-5)
        return f"{market.price * self.factor:.8f}"

    async def _maybe_stall(self) -> None:
        if self.mode == "stall":
            await asyncio.sleep(60)


def _now_ms() -> int:
    return int(time.time() * 1000)


def make_markets(symbols: list[str], quote: str = "USDT") -> list[Market]:
    """A market per symbol, each with a price of its own."""
    return [Market(symbol, quote, 100.0 + number) for number, symbol in enumerate(symbols)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--symbols", default="BTC,ETH,BNB,XRP")
    parser.add_argument("--rate", type=float, default=10.0)
    asked = parser.parse_args()
    simulator = ExchangeSimulator(make_markets(asked.symbols.split(",")), rate=asked.rate)
    web.run_app(simulator.application(), host="127.0.0.1", port=asked.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
