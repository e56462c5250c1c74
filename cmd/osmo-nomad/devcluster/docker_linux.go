package devcluster

import "context"

func checkDocker() error { return nil }

func (c *Cluster) dockerArgv(node string) []string { return nil }

func (c *Cluster) startDocker(ctx context.Context) error { return nil }
