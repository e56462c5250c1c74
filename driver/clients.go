package driver

import (
	"fmt"

	consulapi "github.com/hashicorp/consul/api"
	nomadapi "github.com/hashicorp/nomad/api"
)

// nomadClient makes the client for Nomad. It touches no network.
func nomadClient(c NomadConfig) (*nomadapi.Client, error) {
	cfg := nomadapi.DefaultConfig() // reads NOMAD_ADDR and its kin
	override(&cfg.Address, c.Address)
	override(&cfg.SecretID, c.Token)
	override(&cfg.Region, c.Region)
	override(&cfg.TLSConfig.CACert, c.CACert)
	override(&cfg.TLSConfig.ClientCert, c.ClientCert)
	override(&cfg.TLSConfig.ClientKey, c.ClientKey)
	override(&cfg.TLSConfig.TLSServerName, c.TLSServerName)
	client, err := nomadapi.NewClient(cfg)
	if err != nil {
		return nil, fmt.Errorf("the plugin's nomad block: %w", err)
	}
	return client, nil
}

// consulClient makes the client for Consul. It touches no network.
func consulClient(c ConsulConfig) (*consulapi.Client, error) {
	cfg := consulapi.DefaultConfig() // reads CONSUL_HTTP_ADDR and its kin
	override(&cfg.Address, c.Address)
	override(&cfg.Token, c.Token)
	override(&cfg.Datacenter, c.Datacenter)
	override(&cfg.TLSConfig.CAFile, c.CACert)
	override(&cfg.TLSConfig.CertFile, c.ClientCert)
	override(&cfg.TLSConfig.KeyFile, c.ClientKey)
	override(&cfg.TLSConfig.Address, c.TLSServerName)
	client, err := consulapi.NewClient(cfg)
	if err != nil {
		return nil, fmt.Errorf("the plugin's consul block: %w", err)
	}
	return client, nil
}

func override(to *string, with string) {
	if with != "" {
		*to = with
	}
}
