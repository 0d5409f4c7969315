"""The services that exist, each in a file of its own, so that they outlive the process."""

from __future__ import annotations

from pathlib import Path

import msgspec

from local.api_error import ApiError

from .services import Service


class Registry:
    def __init__(self, folder: Path) -> None:
        """Reads what an earlier process left in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        decoder = msgspec.json.Decoder(Service)
        self._services = {path.stem: decoder.decode(path.read_bytes()) for path in folder.glob("*.json")}

    def all(self) -> list[Service]:
        return sorted(self._services.values(), key=lambda service: service.name)

    def get(self, name: str) -> Service:
        """By full name. Raises ApiError NOT_FOUND."""
        service = self._services.get(name.rpartition("/")[2])
        if service is None or service.name != name:
            raise ApiError("NOT_FOUND", f"Resource '{name.rpartition('/')[2]}' of kind 'SERVICE' does not exist.")
        return service

    def add(self, service: Service) -> None:
        """Raises ApiError ALREADY_EXISTS. The ingress knows services by their last name alone, so it is taken for
        every project and region."""
        if service.id in self._services:
            raise ApiError("ALREADY_EXISTS", f"Resource '{service.id}' already exists.")
        self.save(service)

    def save(self, service: Service) -> None:
        self._services[service.id] = service
        path = self._folder / f"{service.id}.json"
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(service))
        fresh.replace(path)

    def remove(self, service: Service) -> None:
        del self._services[service.id]
        (self._folder / f"{service.id}.json").unlink()
